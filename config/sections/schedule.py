"""When the published pipeline runs by itself."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from config.sections.base import Section, Text

WeekDay = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


class Schedule(Section):
    name: Text
    """Name of the schedule on the endpoint; if not given, the name of the service's file and -release."""
    frequency: Literal["Minute", "Hour", "Day", "Week", "Month"] = "Week"
    """Unit of interval."""
    interval: int = Field(default=1, ge=1)
    """Units between two runs."""
    hours: tuple[Annotated[int, Field(ge=0, le=23)], ...] = Field(default=(), strict=False)
    """Hours of the day, in UTC; Day and Week only."""
    minutes: tuple[Annotated[int, Field(ge=0, le=59)], ...] = Field(default=(), strict=False)
    """Minutes of the hour; Day and Week only."""
    week_days: tuple[WeekDay, ...] = Field(default=(), strict=False)
    """Days of the week; Week only."""

    @model_validator(mode="after")
    def _times_fit_frequency(self) -> "Schedule":
        if self.week_days and self.frequency != "Week":
            raise ValueError(f"week_days needs frequency Week, not {self.frequency}")
        if (self.hours or self.minutes) and self.frequency not in ("Day", "Week"):
            raise ValueError(f"hours and minutes need frequency Day or Week, not {self.frequency}")
        return self
