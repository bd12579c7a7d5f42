from steps.server_log import reason

CHAIN = """2026-11-22 22:50:14,705 E [31771] azmlinfsrv - User's init function failed
Traceback (most recent call last):
  File "score.py", line 51, in init
scoring.errors.StartupError: SCORING_REQUIRE_GPU=1, but TensorFlow sees no GPU

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
azureml_inference_server_http.server.user_script.UserScriptException: Caught an unhandled exception
2026-11-22 22:50:16,154 E [31769] gunicorn.error - Reason: Worker failed to boot.
"""


def test_the_first_exception_is_the_cause() -> None:
    assert reason(CHAIN) == "scoring.errors.StartupError: SCORING_REQUIRE_GPU=1, but TensorFlow sees no GPU"


def test_without_an_exception_the_end_has_to_do() -> None:
    assert reason("x" * 5000 + "\nWorker was sent SIGKILL! Perhaps out of memory?\n").endswith("Perhaps out of memory?")
    assert len(reason("x" * 5000)) == 1500


def test_an_empty_log() -> None:
    assert reason(" \n") == "the log is empty"


def test_our_own_error_goes_before_another_that_came_earlier() -> None:
    log = f"OSError: [Errno 98] the port is taken, trying again\n{CHAIN}"
    assert reason(log) == "scoring.errors.StartupError: SCORING_REQUIRE_GPU=1, but TensorFlow sees no GPU"


def test_the_end_begins_with_a_whole_word() -> None:
    assert set(reason("abcdef " * 1000).split()) == {"abcdef"}
