"""What the definition of a job must be like."""

from typing import Any

from typing_extensions import Required, TypedDict

from azureml_emulator.azure.arm.assets.specifications import Resources
from azureml_emulator.server.requests.shapes import FileName, Named, Reference, Scalar, Texts, Variables


class JobInput(TypedDict, total=False):
    jobInputType: Required[str]
    description: str | None
    value: Scalar | None
    uri: Reference | None
    mode: str | None


class JobOutput(TypedDict, total=False):
    jobOutputType: Required[str]
    description: str | None
    uri: Reference | None
    mode: str | None
    assetName: Reference | None
    assetVersion: Reference | None


class Limits(TypedDict, total=False):
    """In a job an ISO 8601 duration, in a component a number of seconds."""

    timeout: Scalar | None


class Identity(TypedDict, total=False):
    identityType: str | None
    type: str | None


class JobProperties(TypedDict, total=False):
    """Of each kind of job. What else may come is refused in refusals.py."""

    jobType: Required[str]
    displayName: str | None
    description: str | None
    experimentName: FileName | None
    tags: Texts | None
    properties: Texts | None
    isArchived: bool | None
    computeId: Reference | None
    componentId: Reference | None
    identity: Identity | None
    services: Named[str, Any] | None
    inputs: Named[FileName, JobInput | None] | None
    outputs: Named[FileName, JobOutput | None] | None


class CommandJob(JobProperties, total=False):
    command: Required[str]
    environmentId: Required[Reference]
    codeId: Reference | None
    environmentVariables: Variables | None
    resources: Resources | None
    limits: Limits | None


class Settings(TypedDict, total=False):
    default_compute: Reference | None
    default_datastore: Reference | None
    continue_on_step_failure: bool | None
    continue_run_on_step_failure: bool | None
    force_rerun: bool | None


class PipelineJob(JobProperties, total=False):
    jobs: Required[Named[FileName, Named[str, Any]]]
    settings: Settings | None


class Job(TypedDict, total=False):
    properties: Required[JobProperties]


class NodeSettings(TypedDict, total=False):
    """Of a node in a pipeline job or in a pipeline component, which calls the component otherwise."""

    type: str | None
    display_name: str | None
    componentId: Reference | None
    component: Reference | None
    computeId: Reference | None
    compute: Reference | None
    environment_variables: Variables | None
    resources: Resources | None
    limits: Limits | None
    identity: Identity | None


class Node(NodeSettings, total=False):
    inputs: Named[FileName, Any] | None
    outputs: Named[FileName, Any] | None


class NodeOfJob(NodeSettings, total=False):
    """Its ports are objects: others the SDK couldn't read in the answer."""

    inputs: Named[FileName, Named[str, Any] | None] | None
    outputs: Named[FileName, Named[str, Any] | None] | None


class Given(TypedDict, total=False):
    """What a node's input or output is given."""

    job_input_type: str | None
    job_output_type: str | None
    type: str | None
    value: Scalar | None
    path: Reference | None
    uri: Reference | None
    mode: str | None
    name: Reference | None
    version: Scalar | None
