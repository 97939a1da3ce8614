"""OpenRouter's Data API: the requests, the client, its budget, and a simulator of the source."""
