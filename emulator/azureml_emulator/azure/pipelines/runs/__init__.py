"""Pipeline runs: submitted, walked through step by step, reused, canceled, brought to an end."""
