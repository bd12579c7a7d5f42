"""The names of the pipeline in the workspace."""

from config.sections.base import Section, Text


class Pipeline(Section):
    name: Text = "gpu-release"
    """Experiment under which the runs are listed."""
    endpoint: Text = "gpu-release"
    """PipelineEndpoint whose default is the pipeline published last."""
