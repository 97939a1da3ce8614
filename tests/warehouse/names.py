"""Names that the made-up readings of the tests share: series, models, weeks, the line of a citation."""

USAGE, CODING = "usage_day", "category_week/programming"
M2, M21 = "minimax/minimax-m2", "minimax/minimax-m2.1"
FREE = f"{M2}:free"
RIVAL, SECOND, THIRD = "a/rival", "b/second", "c/third"
W0, W1, W2, W3, W4, W5 = "2025-12-29", "2026-01-05", "2026-01-12", "2026-01-19", "2026-01-26", "2026-02-02"
CITED = "Source: OpenRouter (openrouter.ai/rankings), as of {}Z. Licensed under CC BY 4.0."
