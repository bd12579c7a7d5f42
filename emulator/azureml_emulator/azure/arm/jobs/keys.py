"""Keys that jobs and their nodes may have: what is read, and what tells of them alone.

All others are refused. tests/integration/emulator/v2/jobs/test_known_keys.py holds them against SDK v2's own models.
"""

from azureml_emulator.azure.arm.jobs.shapes import CommandJob, Identity, Limits, NodeOfJob, PipelineJob, Settings

_ANSWERED = ("status",)
"""What a client that sends back what it was answered sends along."""
COMMAND_JOB = frozenset({*CommandJob.__annotations__, *_ANSWERED, "parameters"})
PIPELINE_JOB = frozenset({*PipelineJob.__annotations__, *_ANSWERED})
IDENTITY = frozenset(
    {*Identity.__annotations__, "clientId", "objectId", "resourceId", "client_id", "object_id", "resource_id"}
)
"""Which of a compute's identities is meant doesn't matter: there is one here."""
LIMITS = frozenset({*Limits.__annotations__, "jobLimitsType", "job_limits_type"})
SETTINGS = frozenset({*Settings.__annotations__, "_source"})
NODE = frozenset({*NodeOfJob.__annotations__, "name", "comment", "tags", "properties", "_source"})
