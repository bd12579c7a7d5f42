"""The commands of other tools (az, gh, kubectl) that this project names, held against the options of the tools."""
