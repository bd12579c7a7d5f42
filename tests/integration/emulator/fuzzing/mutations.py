"""What is done to a valid request: one thing, or two, anywhere in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.integration.emulator.fuzzing.asgi import Sent
from tests.integration.emulator.fuzzing.corpus import Case

TEXTS = (
    *("", " ", "x", "0", "1", "-1", "1.5", "NaN", "9" * 30, "²", "٣", "true", "null", "{", "[]", '{"a": 1}'),
    *("..", ".", "/", "../../x", "/etc/x", "a/b", "a\\b", "%00", "%2e%2e%2f", "a\0b", "a\nb", "\x01", "\x7f", "\uffff"),
    *("ä" * 150, "a" * 300, "b" * 70_000, "😀", "'; DROP TABLE documents; --", "<script>", "${x}", "{run-id}"),
    *("2026-13-45T99:99", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "(" * 400 + ")" * 400),
    *(
        "run-1",
        "run-2",
        "run-3",
        "run-4",
        "one",
        "two",
        "set",
        "fuzzed",
        "cluster",
        "steps",
        "table",
        "train.py",
        "fuzz",
    ),
    *("a eq b" + " and a eq b" * 3000, "aml://", "https://[x", "http://", "AzureML-x", "local", "PT1S", "Active"),
    *("tags > 'a'", "creation_timestamp > 'a'", "name LIKE '%_['", "tags DESC", "RunId eq run-1", "runs:/run-1/../x"),
)
_PART = b'--b\r\nContent-Disposition: form-data; name="files"; filename="%b"\r\n\r\n%b\r\n--b--\r\n'
DEEP: Any = "x"
for _ in range(300):
    DEEP = [DEEP]
OTHERS: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        2,
        1.5,
        -0.0,
        1e308,
        2**31,
        2**63,
        10**30,
        10**400,
        -(6 * 10**13),
        float("nan"),
        float("inf"),
    ),
    *([], {}, [[]], [{}], [None], ["x"], {"": ""}, {"a": {"b": None}}, {"x": 5}, ["x"] * 2000, DEEP, "\ud800"),
)
BODIES = (
    *(
        b"",
        b"null",
        b"[]",
        b"{}",
        b'"x"',
        b"5",
        b"{",
        b"\xff\xfe{\x00}\x00",
        b"\xef\xbb\xbf{}",
        b'{"a": "\xed\xa0\x80"}',
    ),
    *(
        b"[" * 5000,
        b"[" * 5000 + b"]" * 5000,
        b"9" * 5000,
        b"a=b&c=%zz&%00",
        b"<BlockList><Latest>%</Latest>",
        b"\0" * 9,
    ),
)
TYPES = ("", "text/plain", "application/xml", "multipart/form-data", "application/json; charset=utf-16", "ä/\x01")
HEADERS = (
    *("content-type", "x-ms-range", "range", "if-match", "if-none-match", "BatchSize", "x-ms-blob-type", "accept"),
    *("x-ms-blob-content-type", "x-ms-blob-content-disposition", "x-ms-blob-condition-appendpos", "content-md5"),
    *("x-ms-meta-a", "cookie", "authorization", "content-encoding", "if-modified-since", "x-ms-client-request-id"),
)
PARAMETERS = (
    *(
        "$top",
        "$orderby",
        "$filter",
        "$skipToken",
        "count",
        "tail",
        "top",
        "continuationToken",
        "maxresults",
        "version",
    ),
    *(
        "comp",
        "blockid",
        "prefix",
        "marker",
        "delimiter",
        "runId",
        "experimentName",
        "parentRunId",
        "versionId",
        "from",
    ),
    *("path", "filter", "order_by", "max_results", "page_token", "view_type", "metric_key", "run_id", "restype"),
)


@dataclass
class Draft:
    """A request before it is written down."""

    case: Case
    at: dict[str, str]
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: Any
    raw: bytes | None = None
    """In the place of the body."""

    def sent(self) -> Sent:
        path = self.case.route
        for name, value in self.at.items():
            path = path.replace(f"{{{name}}}", value).replace(f"{{{name}:path}}", value)
        return Sent(self.case.method, path, self.query, self.headers, self._bytes())

    def _bytes(self) -> bytes:
        if self.raw is not None:
            return self.raw
        content = b"" if self.body is None else json.dumps(self.body).encode()
        return _PART % (self.case.file.encode(), content) if self.case.file else content


def mutate(draft: Draft, random: Random) -> None:
    """Changes the draft."""
    kinds = [_path] * bool(draft.at) + [_query, _headers] + [_raw] * (draft.case.method != "GET")
    kinds += [_body] * (8 if draft.body is not None else 0) + [_text] * (4 if draft.raw else 0)
    for _ in range(random.choice((1, 1, 1, 2))):
        random.choice(kinds)(draft, random)


def odd(random: Random) -> Any:
    return deepcopy(random.choice(random.choice((TEXTS, OTHERS))))


def _path(draft: Draft, random: Random) -> None:
    name = random.choice(sorted(draft.at))
    text = random.choice(TEXTS)
    draft.at[name] = random.choice((text, draft.at[name] + text, text + draft.at[name], draft.at[name].upper()))


def _query(draft: Draft, random: Random) -> None:
    known = [name for name, _ in draft.query if name not in ("sv", "se", "sp", "sig")]
    name, value = random.choice(known or PARAMETERS), random.choice(TEXTS)
    if random.random() < 0.3:
        name = random.choice(PARAMETERS)
    kept = [pair for pair in draft.query if pair[0] != name or random.random() < 0.2]
    draft.query = kept if random.random() < 0.1 else [*kept, (name, value)]


def _headers(draft: Draft, random: Random) -> None:
    name, value = random.choice(HEADERS), random.choice((*TYPES, *TEXTS))
    draft.headers[name] = value.encode("utf-8", "replace").decode("latin-1").replace("\n", "")


def _raw(draft: Draft, random: Random) -> None:
    whole = draft.sent().body
    draft.raw = random.choice((random.choice(BODIES), whole[: random.randrange(len(whole) + 1)], whole + whole))


def _text(draft: Draft, random: Random) -> None:
    whole = draft.raw or b""
    where = random.randrange(len(whole) + 1)
    draft.raw = whole[:where] + random.choice(TEXTS).encode("utf-8", "replace") + whole[where:]


def _body(draft: Draft, random: Random) -> None:
    if draft.raw is None:
        draft.body = _changed(draft.body, random)


def _changed(document: Any, random: Random) -> Any:
    """The document with one of its places changed; a text that holds JSON may be changed inside."""
    document = deepcopy(document)
    place = random.choice(list(_places(document)))
    if place is None:
        return odd(random)
    parent, key = place
    if isinstance(parent[key], str) and parent[key].startswith('{"') and random.random() < 0.8:
        with suppress(ValueError):  # changed before
            parent[key] = json.dumps(_changed(json.loads(parent[key]), random))
            return document
    random.choice((_replace, _replace, _replace, _remove, _repeat, _rename, _add))(parent, key, random)
    return document


def _places(document: Any) -> Iterator[tuple[Any, Any] | None]:
    """Each place as its parent and key; None for the whole."""
    yield None
    yield from _below(document)


def _below(node: Any) -> Iterator[tuple[Any, Any]]:
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in pairs:
        yield node, key
        yield from _below(value)


def _replace(parent: Any, key: Any, random: Random) -> None:
    parent[key] = odd(random)


def _remove(parent: Any, key: Any, _random: Random) -> None:
    del parent[key]


def _repeat(parent: Any, key: Any, random: Random) -> None:
    if isinstance(parent, list):
        parent.append(deepcopy(parent[key]))
    else:
        parent[key] = [deepcopy(parent[key])] * random.choice((1, 2, 50))


def _rename(parent: Any, key: Any, random: Random) -> None:
    if isinstance(parent, dict):
        parent[random.choice((key.upper(), f"_{key}", random.choice(TEXTS)))] = parent.pop(key)


def _add(parent: Any, key: Any, random: Random) -> None:
    if isinstance(parent, dict):
        parent[random.choice(("Id", "id", "_keys", "name", "x", "", "_nodes", "createdTime"))] = odd(random)
    else:
        parent.insert(key, odd(random))
