"""Files to take away: the published tables as a package, and what moved between two packages."""
