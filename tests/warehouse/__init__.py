"""The warehouse on real DuckDB files."""
