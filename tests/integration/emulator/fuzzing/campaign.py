"""Mutated requests, round by round: each on a fresh workspace, which is started again at the end of the round."""

from __future__ import annotations

import json
import traceback
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlencode

from tests.integration.emulator.fuzzing.asgi import Answer, Sent
from tests.integration.emulator.fuzzing.corpus import Case, filled, load
from tests.integration.emulator.fuzzing.life import Life
from tests.integration.emulator.fuzzing.mutations import Draft, mutate

_LISTS = (":query", "/search", "experiments/list")
_READING_POSTS = (*_LISTS, "/list", "/full", "listkeys", "listNodes", "/zip", "get-latest-versions")


@dataclass
class Report:
    statuses: Counter[int] = field(default_factory=Counter)
    accepted: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        counts = ", ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items()))
        return f"{self.statuses.total()} bodies ({counts}), {len(self.faults)} faults"


class Campaign:
    def __init__(self, folder: Path, seed: int, *, bodies_a_round: int = 200, looks_after: int = 10) -> None:
        """`looks_after` so many accepted changes everything is read again."""
        self._folder, self._random = folder, Random(seed)  # noqa: S311 - the same seed, the same requests
        self._a_round, self._looks_after = bodies_a_round, looks_after
        self._cases = load()
        self._weights = [8 if case.body is not None else 3 if case.text or case.form else 1 for case in self._cases]
        self._names: dict[str, Any] = {"number": 0}
        self._whole: set[int] = set()
        self.report = Report()

    async def run(self, bodies: int) -> Report:
        rounds = -(-bodies // self._a_round)
        for _ in range(rounds):
            await self._round(min(self._a_round, bodies - self.report.statuses.total()))
        return self.report

    async def _round(self, bodies: int) -> None:
        life = Life(self._folder)
        try:
            await life.ask(self._allowed(life, Sent("POST", "/own/reset")))
            await self._seed(life)
            recent = await self._attack(life, bodies)
        finally:
            await life.close()
        for broken in life.broken:
            self._fault("in the background", broken, recent)
        await self._start_again(recent)

    async def _start_again(self, recent: list[str]) -> None:
        try:
            life = Life(self._folder)
        except Exception:  # noqa: BLE001 - whatever it was, the workspace does not start any more
            self._fault("the workspace does not start again", traceback.format_exc(), recent)
            (self._folder / "workspace.db").unlink()
            return
        try:
            await self._look(life, recent, "after a restart")
        finally:
            await life.close()

    async def _seed(self, life: Life) -> None:
        """All that there is, once; and which of it can be read."""
        self._names |= life.names
        for number, case in enumerate(self._cases):
            if case.is_sent_first:
                sent = self._sent(life, self._draft(life, case))
                answer = await life.ask(sent)
                self._keep(life, case, answer)
                if not case.may_fail and answer.status >= 400:
                    raise AssertionError(f"not valid: {sent}\n{answer.status} {answer.body[:500]!r}")
                if answer.status < 400 and _is_list(case):
                    self._whole.add(number)

    def _keep(self, life: Life, case: Case, answer: Answer) -> None:
        for name, key in case.keep.items():
            value = json.loads(answer.body)
            for part in key.split("."):
                value = value[part]
            self._names[name] = str(value)
        if operations := life.workspace.store.all("operation"):
            self._names["operation"] = operations[0]["id"]
        if case.route.endswith("/image"):
            self._names["build"] = json.loads(answer.body)["location"].rpartition("/")[2]

    async def _attack(self, life: Life, bodies: int) -> list[str]:
        recent: list[str] = []
        changes = 0
        for _ in range(bodies):
            draft = self._draft(life, *self._random.choices(self._cases, self._weights))
            mutate(draft, self._random)
            sent = self._sent(life, draft)
            answer = await life.ask(sent)
            self.report.statuses[answer.status] += 1
            self._judge(str(sent), answer, [])
            if answer.status < 400 and sent.method not in ("GET", "HEAD"):
                self.report.accepted[draft.case.do] += 1
                recent, changes = [*recent, str(sent)], changes + 1
                await self._undo(life, draft.case)
                if changes % self._looks_after == 0:
                    await self._look(life, recent, "after these")
                    recent = []
        await self._look(life, recent, "after these")
        return recent

    async def _undo(self, life: Life, case: Case) -> None:
        """Faults that were asked for are none, and a workspace that was emptied has what there was."""
        if case.route == "/own/faults":
            await life.ask(self._allowed(life, Sent("DELETE", "/own/faults")))
        if case.route == "/own/reset":
            await self._seed(life)

    async def _look(self, life: Life, recent: list[str], when: str) -> None:
        """Every GET and query: none may break, and lists stay whole."""
        for number, case in enumerate(self._cases):
            if case.method == "GET" or case.do.endswith(_READING_POSTS):
                sent = self._sent(life, self._draft(life, case))
                answer = await life.ask(sent)
                self._judge(f"{when}: {sent}", answer, recent)
                if number in self._whole and answer.status >= 400:
                    self._fault(f"{when}: {sent}", f"{answer.status} {answer.body[:300]!r}", recent)

    def _judge(self, what: str, answer: Answer, recent: list[str]) -> None:
        if answer.status >= 500:
            why = "".join(traceback.format_exception(answer.error)[-4:]) if answer.error else str(answer.body[:500])
            self._fault(what, f"{answer.status} {why}", recent)
        elif answer.status == 0 or answer.error:
            self._fault(what, f"no answer: {answer.error!r}", recent)
        elif broken := _broken(answer):
            self._fault(what, f"{answer.status} {broken}: {answer.body[:300]!r}", recent)

    def _fault(self, what: str, why: str, recent: Iterable[str]) -> None:
        self.report.faults.append("\n".join([what, why, *(f"  before: {one}" for one in recent)]))

    def _draft(self, life: Life, case: Case) -> Draft:
        self._names["number"] = str(int(self._names["number"]) + 1)
        fill = {
            key: filled(getattr(case, key), self._names) for key in ("at", "query", "headers", "body", "text", "form")
        }
        raw = fill["text"].encode() if case.text is not None else None
        headers = fill["headers"]
        if case.form is not None:
            raw = urlencode(fill["form"] | {"form_token": self._names["form_token"]}).encode()
            headers = headers | {"content-type": "application/x-www-form-urlencoded"}
        query = list(fill["query"].items())
        if case.sas:
            query += parse_qsl(life.workspace.tokens.sas(case.sas, "racwdl"))
        return Draft(case, dict(fill["at"]), query, dict(headers), fill["body"], raw)

    def _sent(self, life: Life, draft: Draft) -> Sent:
        return draft.sent() if draft.case.open else self._allowed(life, draft.sent())

    def _allowed(self, life: Life, sent: Sent) -> Sent:
        sent.headers = life.credentials(sent) | sent.headers
        return sent


def _is_list(case: Case) -> bool:
    """Of all of a kind: nothing that was accepted may make it unreadable."""
    is_all = case.method == "GET" and not case.at and not case.route.endswith("/Name")
    return is_all or case.do.endswith(_LISTS)


def _broken(answer: Answer) -> str:
    """What a client could not read."""
    kind = answer.headers.get("content-type", "")
    try:
        if kind.startswith("application/json"):
            json.loads(answer.body)
        if kind.startswith("application/xml"):
            ET.fromstring(answer.body)  # noqa: S314 - our own
    except (ValueError, ET.ParseError) as error:
        return str(error)
    return ""
