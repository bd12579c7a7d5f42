"""What asks the services: the load, what goes over the wire, and whether the answers are the model's own."""
