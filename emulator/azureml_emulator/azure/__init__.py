"""
What the workspace answers as Azure ML does: a room for each of Azure's services, with its routes and its engine.

SDK v1 asks each service by itself. What asks all of them by Azure Resource Manager has its routes in `arm`, on the same
engines.
"""
