"""Running: a run's session, Dagster's instance and log, processes, sensor."""
