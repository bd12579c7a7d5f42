"""Keys of jobs, nodes and components: those that SDK v2's own models and schemas have, and no others."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import requests

from azureml_emulator.azure.arm.assets import specifications
from azureml_emulator.azure.arm.jobs import keys
from azureml_emulator.azure.arm.jobs.refusals import REFUSED
from azureml_emulator.azure.arm.jobs.shapes import JobInput, JobOutput
from tests.conformance import sdk_v2
from tests.integration.emulator.v2.jobs.test_job_refusals import JOB

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

Rest = Callable[..., requests.Response]
IN_A_COMPONENT = {"code", "command", "environment"}
"""Of a node in a file: the SDK makes a component of them."""
OF_CLIENTS = {"auto_delete_setting", "creation_context", "id", "latest_version"}
"""Of a component in a file, or as it is listed: none reaches a specification that is run."""
BY_REST = {"_source", "componentId", "computeId", "display_name", "name", "tags"}
"""Of a node, as the SDK sends it."""


def keys_of(model: str) -> set[str]:
    found = getattr(sdk_v2.models_of(sdk_v2.ARM), model)
    found({})
    return {field._rest_name for field in found._attr_to_rest_field.values()}


@pytest.mark.parametrize(
    ("models", "known"),
    [
        (["CommandJob"], keys.COMMAND_JOB),
        (["PipelineJob"], keys.PIPELINE_JOB),
        (["CommandJobLimits"], keys.LIMITS - {"job_limits_type"}),
        (["LiteralJobInput", "UriFolderJobInput"], JobInput.__annotations__),
    ],
)
def test_of_jobs(models: list[str], known: set[str]) -> None:
    of_sdk = set().union(*map(keys_of, models))
    assert set(known) <= of_sdk
    assert of_sdk <= {*known, *REFUSED}


def test_of_what_has_more_than_the_models() -> None:
    """A version of an output, and a node's identity, are by older clients and files."""
    assert keys_of("UriFolderJobOutput") == JobOutput.__annotations__.keys() - {"assetVersion"}
    identities = keys_of("UserIdentity") | keys_of("ManagedIdentity")
    assert identities == {key for key in keys.IDENTITY if "_" not in key} - {"type"}


@pytest.mark.usefixtures("client")
def test_of_nodes_and_components() -> None:
    from azure.ai.ml._schema.component.command_component import CommandComponentSchema
    from azure.ai.ml._schema.component.input_output import OutputPortSchema, ParameterSchema
    from azure.ai.ml._schema.pipeline.component_job import CommandSchema
    from azure.ai.ml._schema.pipeline.pipeline_component import PipelineComponentSchema
    from azure.ai.ml._schema.pipeline.settings import PipelineJobSettingsSchema

    def fields(*schemas: Any) -> set[str]:
        made = (schema(context={"base_path": "."}) for schema in schemas)
        return {field.data_key or name for one in made for name, field in one.fields.items()}

    nodes = fields(CommandSchema) - IN_A_COMPONENT - {"$schema"}
    assert nodes <= {*keys.NODE, *REFUSED}
    assert keys.NODE - nodes == BY_REST
    components = fields(CommandComponentSchema, PipelineComponentSchema)
    assert components - OF_CLIENTS <= specifications.KEYS
    assert specifications.KEYS - components == {"_source", "environment_variables", "limits"}
    ports = fields(ParameterSchema, OutputPortSchema)
    assert ports == specifications.PORT_KEYS
    assert fields(PipelineJobSettingsSchema) == keys.SETTINGS - {"_source", "continue_run_on_step_failure"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"proprties": {}, "properties": JOB}, "'proprties' of a job"),
        ({"properties": JOB | {"retries": 3}}, "'retries' of the job"),
        ({"properties": {"jobType": "Pipeline", "jobs": {}, "codeId": "x"}}, "'codeId' of the job"),
        ({"properties": JOB | {"limits": {"retries": 3}}}, "'retries' of limits"),
        ({"properties": JOB | {"identity": {"identityType": "Managed", "x": "y"}}}, "'x' of the identity of the job"),
        ({"properties": JOB | {"inputs": {"a": {"jobInputType": "literal", "x": 1}}}}, "'x' of inputs.a"),
        ({"properties": JOB | {"outputs": {"a": {"jobOutputType": "uri_folder", "x": 1}}}}, "'x' of outputs.a"),
        (
            {"properties": {"jobType": "Pipeline", "jobs": {}, "settings": {"force": True}}},
            "'force' of settings of the job",
        ),
        ({"properties": {"jobType": "Pipeline", "jobs": {"a": {"force_rerun": True}}}}, "'force_rerun' of jobs.a"),
    ],
)
@pytest.mark.usefixtures("command")
def test_others_of_jobs_are_refused(rest: Rest, body: dict[str, Any], said: str) -> None:
    answer = rest("PUT", "", "/jobs/unknown-keys", json=body)
    assert (answer.status_code, said in answer.text) == (400, True), answer.text


@pytest.mark.parametrize(
    ("specification", "said"),
    [
        ({"type": "command", "retries": 3}, "'retries' of components of the type command"),
        ({"type": "command", "inputs": {"a": {"typ": "string"}}}, "'typ' of inputs.a"),
        ({"type": "pipeline", "outputs": {"a": {"typ": "x"}}}, "'typ' of outputs.a"),
        ({"type": "command", "inputs": {"a": 5}}, "inputs.a must be an object"),
    ],
)
def test_others_of_components_are_refused(rest: Rest, specification: dict[str, Any], said: str) -> None:
    body = {"properties": {"componentSpec": specification}}
    answer = rest("PUT", "", "/components/unknown_keys/versions/1", json=body)
    assert (answer.status_code, said in answer.text) == (400, True), answer.text


@pytest.mark.usefixtures("command")
def test_what_a_client_may_say_of_a_node_is_taken(client: MLClient, tmp_path: Any) -> None:
    from azure.ai.ml import Input, command
    from azure.ai.ml.dsl import pipeline

    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "extra.py").touch()
    (tmp_path / "source").mkdir()
    made = command(
        name="known_keys",
        code=str(tmp_path / "source"),
        command="echo ${{inputs.number}}",
        environment="AzureML-sklearn-1.0-ubuntu20.04-py38-cpu@latest",
        inputs={"number": Input(type="integer", min=1, max=9, default=3, description="how many")},
        additional_includes=[str(tmp_path / "more")],
        tags={"a": "b"},
    )

    @pipeline(None, default_compute="v2-jobs", description="known")
    def one() -> None:
        node = made(number=2)
        node.comment = "said"
        node.tags = {"c": "d"}
        node.set_limits(timeout=600)

    assert client.jobs.create_or_update(one()).status
