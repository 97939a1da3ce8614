"""The page of charts: one file that answers from the published tables, offline."""
