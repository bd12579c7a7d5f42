"""Every way to start the pipeline: a run from here, the published default over REST, and its schedule."""
