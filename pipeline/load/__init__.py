"""From landing to raw: reading, validating and appending responses."""
