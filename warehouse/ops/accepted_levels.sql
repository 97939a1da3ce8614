select series, period_start from reference.accepted_levels
