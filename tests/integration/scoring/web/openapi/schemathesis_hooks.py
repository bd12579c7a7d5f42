"""What a client knows beside the document: what an image is, and what JSON Schema can't say of rows (NOT_SAID)."""

from typing import Any

import schemathesis
from hypothesis import strategies as st
from PIL import Image

from tests.integration.scoring.client.pictures import encode

SIZES = ((1, 1), (30, 7))
FILES = {
    form: [encode(Image.effect_noise(size, 80).convert(mode), form) for size in SIZES for mode in ("L", "RGB")]
    for form in ("JPEG", "PNG")
}
schemathesis.openapi.media_type("image/jpeg", st.sampled_from(FILES["JPEG"]))
schemathesis.openapi.media_type("image/png", st.sampled_from(FILES["PNG"]))
schemathesis.openapi.media_type("application/octet-stream", st.sampled_from(FILES["JPEG"] + FILES["PNG"]))


@schemathesis.hook
def before_call(context: Any, case: Any, **options: Any) -> None:
    """Of what is as documented: as many rows of each input as the shortest has, whole numbers without a fraction."""
    if isinstance(case.body, dict) and case.meta.generation.mode.is_positive:
        case.body = whole(case.body)
        if isinstance(columns := case.body.get("inputs"), dict):
            most = min(map(len, columns.values()))
            case.body["inputs"] = {name: rows[:most] for name, rows in columns.items()}


def whole(value: Any) -> Any:
    """Numbers without a fraction as integers, of which JSON Schema makes no difference."""
    if isinstance(value, dict):
        return {key: whole(one) for key, one in value.items()}
    if isinstance(value, list):
        return [whole(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
