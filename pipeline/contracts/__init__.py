"""Columns once, tables once: compiled to DDL, comments, Dagster schema, Polars schema, Great Expectations and docs."""
