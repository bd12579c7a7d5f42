"""What the workspace answers as Azure ML does: a room for each of Azure's services, with its routes and its engine."""
