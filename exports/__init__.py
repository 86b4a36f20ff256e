"""Exports: what people open that is made from the published tables: the Power BI project, the HTML report, the documents.

Copies of the tables themselves (Parquet, CSV, the DuckDB file) are no export: publishing them is the warehouse's. Nothing here may open the
work file. The room is declared with the layout and holds no export in this release.
"""
