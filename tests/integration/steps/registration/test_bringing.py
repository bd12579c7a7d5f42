"""Of validation data on the datastore, only what is asked about is brought."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from config.errors import ModelError, TamperedError

if TYPE_CHECKING:
    from workspaces.v1.workspace import V1Workspace

COUNT = 40


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Images that no test before has sent."""
    (tmp_path / "images").mkdir()
    for number in range(COUNT):
        (tmp_path / "images" / f"{number}.jpg").write_bytes(f"{number} {uuid4()}".encode())
    rows = [f"{number}.jpg,{number % 10}" for number in range(COUNT)]
    (tmp_path / "images" / "labels.csv").write_text("\n".join(["file,label", *rows]))
    return tmp_path / "images"


@pytest.fixture
def path(port: V1Workspace, images: Path) -> str:
    from steps.folders.datastore import upload_folder

    return upload_folder(port, images, "validation")


@pytest.fixture
def read(local_workspace_folder: Path) -> Callable[[str], list[str]]:
    """Names of the blobs that were read below a path."""

    def names(path: str) -> list[str]:
        lines = map(json.loads, (local_workspace_folder / "requests.log").read_text().splitlines())
        return [one["path"].rpartition("/")[2] for one in lines if one["method"] == "GET" and f"{path}/" in one["path"]]

    return names


def here(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def test_only_the_chosen_images_are_downloaded(
    port: V1Workspace, path: str, images: Path, read: Callable[[str], list[str]], tmp_path: Path
) -> None:
    from steps.validation.samples.bringing import bring_samples
    from steps.validation.samples.loading import load

    _, samples = bring_samples(port, path, tmp_path / "back", None, 5)

    assert samples == load(images, None, 5)
    assert [sample.body for sample in samples] == [(images / sample.name).read_bytes() for sample in samples]
    names = {sample.name for sample in samples}
    assert here(tmp_path / "back") == {"labels.csv", *names}
    assert set(read(path)) == {"labels.csv", ".amlgpu-files", *names}


def test_what_tells_of_a_model_is_the_first_image_and_those_that_scales_are_tried_on(
    port: V1Workspace, path: str, images: Path, tmp_path: Path
) -> None:
    from steps.validation.samples.bringing import bring_evidence
    from steps.validation.samples.loading import list_samples, load

    contents = bring_evidence(port, path, tmp_path / "back", 3)

    chosen = {sample.name for sample in load(images, None, 3)}
    assert here(tmp_path / "back") == {"labels.csv", "0.jpg", *chosen}
    assert len(list_samples(contents, None).samples) == COUNT


def test_an_image_that_labels_name_and_nobody_sent_is_told_before_any_is_brought(
    port: V1Workspace, images: Path, tmp_path: Path
) -> None:
    from steps.folders.datastore import upload_folder
    from steps.validation.samples.bringing import bring_samples

    (images / "7.jpg").unlink()
    path = upload_folder(port, images, "validation")

    with pytest.raises(ModelError, match=r"labels\.csv line 9: 7\.jpg is not in the folder"):
        bring_samples(port, path, tmp_path / "back", None, 0)
    assert here(tmp_path / "back") == {"labels.csv"}


def test_of_class_folders_the_chosen_images_are_brought(port: V1Workspace, tmp_path: Path) -> None:
    from steps.folders.datastore import upload_folder
    from steps.validation.samples.bringing import bring_samples

    for number in range(20):
        file = tmp_path / "pets" / ("cat", "dog")[number % 2] / f"{number}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(f"{number} {uuid4()}".encode())

    _, samples = bring_samples(port, upload_folder(port, tmp_path / "pets", "validation"), tmp_path / "back", None, 4)

    found = {file.relative_to(tmp_path / "back").as_posix() for file in (tmp_path / "back").rglob("*.jpg")}
    assert found == {sample.name for sample in samples}
    assert all(sample.truth == ("cat", "dog").index(sample.name.split("/")[0]) for sample in samples)


def test_an_image_that_was_changed_after_the_upload_is_refused(
    port: V1Workspace, path: str, images: Path, tmp_path: Path
) -> None:
    from steps.folders.datastore import download_folder
    from steps.validation.samples.bringing import bring_samples

    for name in ("0.jpg", "labels.csv"):
        stored = port.files.read(f"{path}/{name}")
        assert stored is not None
        port.files.write(f"{path}/{name}", stored.content[::-1], stored.etag)
        with pytest.raises(TamperedError, match=rf"/{name} on the datastore .* has the SHA-256 .* after the upload"):
            download_folder(port, path, tmp_path / name, only=["1.jpg", name])
    with pytest.raises(TamperedError):
        bring_samples(port, path, tmp_path / "back", None, 5)
    with pytest.raises(TamperedError):
        download_folder(port, path, tmp_path / "all")

    port.files.delete(f"{path}/.amlgpu-files")  # as if it were of a version that had no manifests
    with pytest.raises(TamperedError, match="not the one that its name tells"):
        download_folder(port, path, tmp_path / "listless", only=["1.jpg"])


@pytest.mark.parametrize("manifest", [True, False])
def test_a_sample_that_was_deleted_after_the_upload_is_missed(
    port: V1Workspace, tmp_path: Path, manifest: bool
) -> None:
    """Of class folders nothing else names it: a model that answers it wrongly would pass without it."""
    from steps.folders.datastore import download_folder, upload_folder
    from steps.registration.saved_model import content_hash
    from steps.validation.samples.bringing import bring_samples

    for name in ("cat/1.jpg", "cat/2.jpg", "dog/3.jpg"):
        (tmp_path / "pets" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "pets" / name).write_bytes(uuid4().bytes)
    files = {file.relative_to(tmp_path / "pets").as_posix(): file for file in (tmp_path / "pets").rglob("*.jpg")}
    if manifest:
        path = upload_folder(port, tmp_path / "pets", "validation")
    else:
        path = f"amlgpu/validation/{content_hash(tmp_path / 'pets')}"
        port.files.upload({f"{path}/{name}": file for name, file in files.items()})

    port.files.delete(f"{path}/cat/2.jpg")

    message = r"cat/2\.jpg on the datastore \w+ has been deleted" if manifest else "not the one that its name tells"
    with pytest.raises(TamperedError, match=message):
        bring_samples(port, path, tmp_path / "some", None, 0)
    with pytest.raises(TamperedError, match=message):
        download_folder(port, path, tmp_path / "all")


def test_data_from_before_there_were_manifests_is_compared_as_a_whole(
    port: V1Workspace, images: Path, tmp_path: Path
) -> None:
    from steps.folders.datastore import download_folder
    from steps.registration.saved_model import content_hash

    path = f"amlgpu/validation/{content_hash(images)}"
    port.files.upload({f"{path}/{file.name}": file for file in images.iterdir()})
    folder = download_folder(port, path, tmp_path / "back", only=["1.jpg"])
    assert (folder / "1.jpg").read_bytes() == (images / "1.jpg").read_bytes()
    stored = port.files.read(f"{path}/2.jpg")
    assert stored is not None
    port.files.write(f"{path}/2.jpg", b"another", stored.etag)

    with pytest.raises(TamperedError, match="not the one that its name tells"):
        download_folder(port, path, tmp_path / "again", only=["1.jpg"])


def test_a_model_that_was_changed_after_its_upload_is_not_registered(port: V1Workspace, tmp_path: Path) -> None:
    from steps.folders.datastore import download_folder, upload_folder

    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "saved_model.pb").write_bytes(uuid4().bytes)
    path = upload_folder(port, tmp_path / "model", "models")
    assert download_folder(port, path, tmp_path / "same").is_dir()
    stored = port.files.read(f"{path}/saved_model.pb")
    assert stored is not None
    port.files.write(f"{path}/saved_model.pb", uuid4().bytes, stored.etag)

    with pytest.raises(TamperedError, match=r"has the content .* not the one that its name tells"):
        download_folder(port, path, tmp_path / "changed")
