"""The settings and the service have the same words for what a model takes and answers."""

from typing import Any, get_args

import pytest

from config.sections import contract as settings
from scoring import contract as service


def words(annotation: Any) -> set[str]:
    """Of a Literal, which may be None beside it."""
    inner = [get_args(one) or (one,) for one in get_args(annotation)]
    return {word for group in inner for word in group if isinstance(word, str)}


@pytest.mark.parametrize(
    ("section", "part", "key"),
    [
        (settings.Input, service.Input, "kind"),
        (settings.Input, service.Input, "scale"),
        (settings.Input, service.Input, "resize"),
        (settings.Task, service.Task, "kind"),
    ],
)
def test_the_same_words(section: Any, part: Any, key: str) -> None:
    of_settings, of_service = (words(model.model_fields[key].annotation) for model in (section, part))
    assert of_settings == of_service
    assert len(of_service) > 3


def test_the_same_threshold() -> None:
    assert settings.Task().threshold == service.Task.model_fields["threshold"].default
