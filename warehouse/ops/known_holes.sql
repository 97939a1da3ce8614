select usage_date from reference.known_holes
