"""Killing runs anywhere, and looking at what the next run makes of it: ``make crash``, or ``python -m tests.crash``."""
