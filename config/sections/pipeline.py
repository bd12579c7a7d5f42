"""The names of the pipeline in the workspace."""

from config.sections.base import Section, Text


class Pipeline(Section):
    name: Text
    """Experiment under which the runs are listed; if not given, the name of the service's file and -release."""
    endpoint: Text
    """PipelineEndpoint whose default is the pipeline published last; if not given, as the pipeline's name would be."""
