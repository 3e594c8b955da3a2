"""What was measured, and what it says: verdicts and findings, by NumPy and SciPy alone."""
