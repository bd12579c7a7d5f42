"""Stages of a request in a profile of the service."""

import pytest

from benchmarks.serving.interpreter_profile import stages

LANE = "Thread.run (threading.py:982);Batcher._run (/app/scoring/batcher.py:157);"
LOOP = "Runner.run (asyncio/runners.py:118);run_asgi (/venv/uvicorn/protocols/http/httptools_impl.py:420);"


def test_the_innermost_frame_that_is_known_names_the_stage() -> None:
    profile = "\n".join(
        [
            LANE + "Answer.to_json (/app/scoring/tasks/answer.py:53) 30",
            LANE + "call (/app/scoring/model/network.py:67);BaseSession.run (tensorflow/session.py:977) 40",
            LOOP + "Front._read (/app/scoring/web/front.py:141) 20",
            "main (elsewhere.py:1) 10",
        ]
    )
    assert stages(profile) == pytest.approx({"JSON": 0.3, "call of the model": 0.4, "read body": 0.2, "other": 0.1})


def test_a_thread_that_waits_does_not_count() -> None:
    waits = LANE + "Batcher._take (/app/scoring/batcher.py:170);Condition.wait (threading.py:327) 900"
    assert stages(waits + "\n" + LANE + "Scorer.answer (/app/scoring/scorer.py:95) 5") == {"lane": 1.0}
