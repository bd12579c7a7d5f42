"""What /swagger.json says of this very service: what it takes, what it answers, and every error, by its contract."""
