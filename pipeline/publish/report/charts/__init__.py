"""One chart, one file: its look, its words, the columns of its table, the query that leads from a mark to its row."""
