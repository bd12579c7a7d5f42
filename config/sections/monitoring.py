"""What the service notes of its requests, and how that is judged."""

from pydantic import Field, model_validator

from config.sections.base import Section


class Monitoring(Section):
    share: float = Field(default=0.0, ge=0, le=1)
    """Share of the requests that the service samples, 0 to 1: what it answered, and a hash of the image."""
    folder: str | None = Field(default=None, pattern=r"^/[^\x00-\x1f]*$")
    """Absolute path of a folder that the service writes samples into; null: they are lines of its log."""
    file_megabytes: int = Field(default=10, ge=1)
    """Size at which a file of samples is put aside and a new one begun."""
    files: int = Field(default=10, ge=2)
    """Files of samples that one process of the service keeps."""
    keep_images: bool = False
    """Keep the images themselves in the samples; needs a folder, and the right to keep what clients send."""
    significance: float = Field(default=0.01, gt=0, lt=1)
    """A difference between two periods is put down to chance unless its probability is this or less."""
    distance: float = Field(default=0.1, gt=0, le=1)
    """Least distance between two distributions, 0 to 1, that is called drift: many samples prove tiny ones."""
    minimum_samples: int = Field(default=100, ge=1)
    """Fewest samples in a period by which drift may be judged."""

    @model_validator(mode="after")
    def _images_have_a_folder(self) -> "Monitoring":
        if self.keep_images and self.folder is None:
            raise ValueError("keep_images is true but folder is null: a service's log is no place for images")
        return self
