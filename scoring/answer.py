"""What the service answers for one image, as a value and as the JSON body of a 200."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import orjson


@dataclass(frozen=True)
class Answer:
    """One image's result: its label and the float32 vector [classes] of probabilities."""

    label: int | str
    probabilities: npt.NDArray[np.float32]

    @cached_property
    def probability(self) -> float:
        """The greatest; not a number where any of them isn't."""
        return float(self.probabilities.max())

    def to_json(self) -> bytes:
        """The body of a 200: `{"class": ..., "probability": ..., "probabilities": [...]}`."""
        document = {
            "class": self.label,
            "probability": self.probabilities.dtype.type(self.probability),  # float32 digits
            "probabilities": self.probabilities,
        }
        return orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)
