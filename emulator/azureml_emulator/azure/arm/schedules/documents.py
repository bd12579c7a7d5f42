"""Schedules as documents. Their own keys: `_created`, when the trigger came, and `_next`, when it is due, or null."""

import re
from datetime import datetime

from azureml_emulator.azure.arm.jobs.submission import check_job
from azureml_emulator.azure.arm.resources import resource
from azureml_emulator.azure.arm.schedules.definitions import definition_of
from azureml_emulator.azure.arm.schedules.shapes import Action, Properties
from azureml_emulator.azure.arm.schedules.triggers import due_after, parse_trigger
from azureml_emulator.azure.arm.strictness import refuse_unknown
from azureml_emulator.errors import BadRequest, NotSupported
from azureml_emulator.server.requests.shapes import shortened
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

KIND = "job schedule"
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,127}")
_KNOWN = (Properties.__annotations__.keys(), Action.__annotations__.keys())


def new_schedule(workspace: LocalWorkspace, name: str, sent: Document, known: Document | None) -> Document:
    """As it is to be stored. Raises an ApiError for what could never start a job."""
    if not _NAME.fullmatch(name):
        raise BadRequest(f"{shortened(name)} is no name of a schedule: 1 to 128 letters, digits, '_' and '-'")
    _check_action(workspace, name, sent)
    given = {key: value for key, value in sent.items() if value is not None}
    properties = {"tags": {}, "properties": {}, "isEnabled": True} | given | {"provisioningState": "Succeeded"}
    schedule = resource(workspace, f"schedules/{name}", properties, known)
    moment = workspace.clock.now()
    if known and known["properties"]["trigger"] == sent["trigger"]:
        schedule["_created"] = known["_created"]
        is_planned = known["properties"]["isEnabled"] and known["_next"]
        return planned(schedule, moment) if not is_planned else _as_before(schedule, known)
    schedule["_created"] = moment.isoformat()
    end = parse_trigger(sent["trigger"], moment).end
    if end and end <= moment:
        raise BadRequest(f"endTime {sent['trigger']['endTime']} has passed: it is {moment:%Y-%m-%dT%H:%M:%S} UTC")
    return planned(schedule, moment)


def planned(schedule: Document, after: datetime) -> Document:
    """With the time when it is due next; none when it is disabled or has ended."""
    properties = schedule["properties"]
    trigger = parse_trigger(properties["trigger"], datetime.fromisoformat(schedule["_created"]))
    due = due_after(trigger, after) if properties["isEnabled"] else None
    return schedule | {"_next": due.isoformat() if due else None}


def _as_before(schedule: Document, known: Document) -> Document:
    return schedule | {"_next": known["_next"] if schedule["properties"]["isEnabled"] else None}


def _check_action(workspace: LocalWorkspace, name: str, sent: Document) -> None:
    action = sent["action"]
    for where, given, keys in zip(("schedules", "actions of schedules"), (sent, action), _KNOWN, strict=True):
        refuse_unknown(given, keys, where)
    if action["actionType"] != "CreateJob":
        raise NotSupported(f"schedules with the action {shortened(action['actionType'])}: they start jobs")
    if "jobDefinition" not in action:
        raise BadRequest("the request lacks 'jobDefinition' in properties.action")
    check_job(workspace, name, definition_of(workspace, action["jobDefinition"]))
