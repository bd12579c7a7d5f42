"""What a pipeline is: modules, data sources and the graph that ties them, with its parameters."""
