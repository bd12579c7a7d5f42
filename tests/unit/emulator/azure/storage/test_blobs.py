import os
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import pytest

from azureml_emulator.azure.storage.blobs.blocklist import block_references
from azureml_emulator.azure.storage.blobs.blocks import Blocks, delete_old_blocks
from azureml_emulator.azure.storage.blobs.files import (
    blob_file,
    blob_names,
    blob_versions,
    write_stream,
)
from azureml_emulator.errors import BadRequest, NotSupported
from azureml_emulator.state.workspace import LocalWorkspace


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            b"<?xml version='1.0'?><BlockList><Latest>MQ==</Latest><Latest>Mg==</Latest></BlockList>",
            [("Latest", "MQ=="), ("Latest", "Mg==")],
        ),
        (
            b"<BlockList><Uncommitted>Yi0w_w</Uncommitted><Committed>Yg+/</Committed></BlockList>",
            [("Uncommitted", "Yi0w_w"), ("Committed", "Yg+/")],
        ),
        (b"\xef\xbb\xbf<BlockList></BlockList>", []),
        (b"<BlockList>\n  <Latest>../../etc</Latest>\n</BlockList>", []),
    ],
)
def test_block_references(body: bytes, expected: list[tuple[str, str]]) -> None:
    assert block_references(body) == expected


@pytest.mark.parametrize("body", [b"", b"{}", b"<Blocks/>", b"\xff\xfe"])
def test_no_block_list(body: bytes) -> None:
    with pytest.raises(BadRequest, match="not a <BlockList>"):
        block_references(body)


def test_blob_file(workspace: LocalWorkspace) -> None:
    root = workspace.folder / "blobs" / "azureml"
    assert blob_file(workspace, "azureml", "a/b.txt") == root / "a" / "b.txt"
    assert blob_file(workspace, "azureml", "/etc//passwd") == root / "etc" / "passwd"
    assert blob_file(workspace, "azureml", "a..b/...") == root / "a..b" / "..."


@pytest.mark.parametrize("name", ["..", "../x", "a/../b", "a/..", "nul\0"])
def test_blob_name_that_leads_elsewhere(workspace: LocalWorkspace, name: str) -> None:
    with pytest.raises(BadRequest, match="is not allowed"):
        blob_file(workspace, "azureml", name)


def write(file: Path, *chunks: bytes, append: bool = False) -> str:
    async def body() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    async def run() -> str:
        return await write_stream(file, body(), append=append)

    return anyio.run(run)


def test_write(workspace: LocalWorkspace) -> None:
    file = blob_file(workspace, "azureml", "a/b.txt")
    assert write(file, b"one", b"two") == "5b9164ad6f496d9dee12ec7634ce253f"
    assert write(file, b"!", append=True) == "9033e0e305f247c0c3c80d0c7848c8b3"
    assert file.read_bytes() == b"onetwo!"
    assert write(file, b"new") == "22af645d1859cb5ca6da0c484f1f37ea"
    assert blob_names(workspace, "azureml", "") == ["a/b.txt"]


def test_names_by_prefix(workspace: LocalWorkspace) -> None:
    for name in ("run/a.txt", "run/deep/b.txt", "runs/c.txt", "other"):
        write(blob_file(workspace, "azureml", name), b"x")
    assert blob_names(workspace, "azureml", "run/") == ["run/a.txt", "run/deep/b.txt"]
    assert blob_names(workspace, "azureml", "run") == ["run/a.txt", "run/deep/b.txt", "runs/c.txt"]
    assert blob_names(workspace, "azureml", "run/deep/b") == ["run/deep/b.txt"]
    assert blob_names(workspace, "azureml", "none/") == []


def test_interrupted_write_leaves_nothing(workspace: LocalWorkspace) -> None:
    file = blob_file(workspace, "azureml", "a/b.txt")
    write(file, b"before")

    async def broken() -> AsyncIterator[bytes]:
        yield b"half"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        anyio.run(write_stream, file, broken())
    assert file.read_bytes() == b"before"
    assert list(file.parent.iterdir()) == [file]


def test_file_where_a_folder_is(workspace: LocalWorkspace) -> None:
    write(blob_file(workspace, "azureml", "a/b"), b"x")
    for name in ("a", "a/b/c", "a/b/c/d"):
        with pytest.raises(NotSupported, match="blobs w"):
            write(blob_file(workspace, "azureml", name), b"x")


def latest(*ids: str) -> list[tuple[str, str]]:
    return [("Latest", block_id) for block_id in ids]


def test_blocks(workspace: LocalWorkspace) -> None:
    big, other = (Blocks(workspace.folder, f"azureml/{name}") for name in ("big", "other"))
    for block, content in ((big.place("Mg=="), b"two"), (big.place("MQ=="), b"one"), (other.place("MQ=="), b"x")):
        write(block, content)
    assert big.sizes() == {"Mg==": 3, "MQ==": 3}
    big.commit(latest("Mg==", "MQ=="), workspace.folder / "big")
    assert (workspace.folder / "big").read_bytes() == b"twoone"
    assert (big.sizes(), other.sizes()) == ({}, {"MQ==": 1})
    with pytest.raises(BadRequest, match="2 of 2 blocks were not uploaded"):
        other.commit(latest("Mg==", "Mw=="), workspace.folder / "big")
    assert (workspace.folder / "big").read_bytes() == b"twoone"


def test_a_block_that_does_not_wait_is_taken_from_the_blob(workspace: LocalWorkspace) -> None:
    """Of two uploads of one file, the first to commit takes blocks of the other; the block uploaded last counts."""
    blocks, file = Blocks(workspace.folder, "azureml/big"), workspace.folder / "big"
    for name, content in (("MQ==", b"one"), ("Mg==", b"second"), ("Mw==", b"")):
        write(blocks.place(name), content)
    blocks.commit(latest("MQ==", "Mg==", "Mw=="), file)
    blocks.commit(latest("Mg==", "Mw==", "MQ==", "MQ=="), file)
    assert file.read_bytes() == b"secondoneone"
    write(blocks.place("Mg=="), b"2")
    blocks.commit(latest("MQ==", "Mg=="), file)
    assert (file.read_bytes(), blocks.sizes()) == (b"one2", {})
    with pytest.raises(BadRequest, match="1 of 2 blocks were not uploaded"):
        blocks.commit(latest("MQ==", "Mw=="), file)
    assert file.read_bytes() == b"one2"


def test_a_blob_that_was_written_as_a_whole_has_no_blocks(workspace: LocalWorkspace) -> None:
    blocks, file = Blocks(workspace.folder, "azureml/big"), workspace.folder / "big"
    write(blocks.place("MQ=="), b"one")
    blocks.commit(latest("MQ=="), file)
    write(file, b"two")
    with pytest.raises(BadRequest, match="not uploaded"):
        blocks.commit(latest("MQ=="), file)


def test_a_record_of_blocks_that_was_cut_off_is_none(workspace: LocalWorkspace) -> None:
    blocks, file = Blocks(workspace.folder, "azureml/big"), workspace.folder / "big"
    write(blocks.place("MQ=="), b"one")
    blocks.commit(latest("MQ=="), file)
    (record,) = (workspace.folder / "blob-records").iterdir()
    record.write_bytes(record.read_bytes()[:10])
    write(blocks.place("MQ=="), b"two")
    blocks.commit(latest("MQ==", "MQ=="), file)
    assert file.read_bytes() == b"twotwo"


def test_many_commits_of_one_blob_at_once(workspace: LocalWorkspace) -> None:
    blocks, file = Blocks(workspace.folder, "azureml/big"), workspace.folder / "big"
    names = [f"{number:04d}" for number in range(40)]
    content = [name.encode() * 1000 for name in names]

    def upload(_: int) -> None:
        for name, part in zip(names, content, strict=True):
            write(blocks.place(name), part)
        blocks.commit(latest(*names), file)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(upload, range(8)))
    assert (file.read_bytes(), blocks.sizes()) == (b"".join(content), {})


@pytest.mark.parametrize("block_id", ["", "A" * 89, "MQ"])
def test_block_ids_that_azure_refuses(workspace: LocalWorkspace, block_id: str) -> None:
    """None, one of more than 64 bytes, and one of another length than those that wait."""
    blocks = Blocks(workspace.folder, "azureml/big")
    write(blocks.place("MQ=="), b"one")
    with pytest.raises(BadRequest, match="block id"):
        blocks.place(block_id)
    assert list(blocks.sizes()) == ["MQ=="]


def test_blocks_that_nobody_commits_are_kept_for_a_week(workspace: LocalWorkspace) -> None:
    old, new = (Blocks(workspace.folder, f"azureml/{name}") for name in ("old", "new"))
    for blocks in (old, new):
        write(blocks.place("MQ=="), b"one")
    os.utime(old.place("MQ==").parent, times=(time.time() - 8 * 24 * 3600,) * 2)
    delete_old_blocks(workspace.folder)
    assert (old.sizes(), new.sizes()) == ({}, {"MQ==": 3})


def test_blob_versions(workspace: LocalWorkspace) -> None:
    """Of one folder: what lies below it, or is on its way, is not in it."""
    assert blob_versions(workspace, "azureml", "none/such") == {}
    for name in ("a.txt", "in/b.txt", "in/below/c.txt", "in/.1.partial-upload"):
        file = blob_file(workspace, "azureml", name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    assert list(blob_versions(workspace, "azureml", "")) == ["a.txt"]
    before = blob_versions(workspace, "azureml", "in/")
    assert list(before) == ["b.txt"]
    os.utime(blob_file(workspace, "azureml", "in/b.txt"), ns=(1, 1))
    assert blob_versions(workspace, "azureml", "in") == {"b.txt": 1} != before
