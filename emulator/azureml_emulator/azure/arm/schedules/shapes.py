"""What a schedule must be like."""

from typing import Annotated, Any

from pydantic import Field
from typing_extensions import Required, TypedDict

from azureml_emulator.azure.pipelines.schedules.recurrence import LONGEST_INTERVAL
from azureml_emulator.server.requests.shapes import Items, Moment, Named, Reference, Texts

Hour = Annotated[int, Field(ge=0, le=23)]
Minute = Annotated[int, Field(ge=0, le=59)]
MonthDay = Annotated[int, Field(ge=1, le=31)]


class Pattern(TypedDict, total=False):
    hours: Items[Hour] | None
    minutes: Items[Minute] | None
    weekDays: Items[str] | None
    monthDays: Items[MonthDay] | None


class Trigger(TypedDict, total=False):
    triggerType: Required[str]
    startTime: Reference | None
    endTime: Reference | None
    timeZone: Reference | None


class CronTrigger(Trigger, total=False):
    expression: Required[Reference]


class RecurrenceTrigger(Trigger, total=False):
    frequency: Required[str]
    interval: Required[Annotated[int, Field(ge=1, le=LONGEST_INTERVAL)]]
    schedule: Pattern | None


class Action(TypedDict, total=False):
    actionType: Required[str]
    jobDefinition: Named[str, Any]


class Properties(TypedDict, total=False):
    trigger: Required[Trigger]
    action: Required[Action]
    displayName: Reference | None
    description: str | None
    tags: Texts | None
    properties: Texts | None
    isEnabled: bool | None
    provisioningState: str | None


class Schedule(TypedDict):
    properties: Properties


class TriggerOnce(TypedDict, total=False):
    scheduleTime: Moment | None
