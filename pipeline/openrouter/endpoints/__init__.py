"""What the Data API is asked for and what it responds with: one file an endpoint."""
