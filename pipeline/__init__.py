"""How the pipeline runs. Imports nothing from ``assets`` but in ``definitions``."""
