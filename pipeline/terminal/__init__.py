"""What a terminal shows: results, tables, the prompt."""
