"""How time and memory of each step of a release grow with the validation data, and with the model."""
