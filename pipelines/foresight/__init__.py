"""What a run would take, and what would stop it: known before anything is uploaded."""
