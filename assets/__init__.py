"""What exists: the Dagster assets, layer by layer."""
