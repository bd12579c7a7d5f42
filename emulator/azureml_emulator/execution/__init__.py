"""How the process of a run is executed: its node, environment variables, working folder, log and files."""
