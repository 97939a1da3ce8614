"""A source that answers like OpenRouter's, for demos and tests; all of it is SIMULATED."""
