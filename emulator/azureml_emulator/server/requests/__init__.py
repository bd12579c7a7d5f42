"""How requests are read, and what of them is refused."""
