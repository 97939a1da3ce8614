"""What is wrong or new, and notifying somebody of it: freshness, incidents, events, channels."""
