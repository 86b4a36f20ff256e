"""Column lineage: SQL in, columns and origins out."""
