"""A diagnosis as text for a terminal, and as a page of HTML."""
