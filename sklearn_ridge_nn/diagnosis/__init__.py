"""Diagnoses: every alpha is trained on every split, measured and judged."""
