"""How a service is changed and put back: one release at a time, and what was proven last is kept."""
