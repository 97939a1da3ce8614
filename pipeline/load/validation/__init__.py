"""Great Expectations on staged blocks, before they replace anything: the only import of great_expectations."""
