"""The command `amlgpu`, kept apart from the folder and the PYTHONPATH that it is called in.

What lies there may have the name of a package that the command needs: another project's ``config/`` or ``typer.py``.
"""

import gc
import os
import sys


def main() -> None:
    """Run the command in an interpreter that sees its own environment alone, in place of this one."""
    if not sys.flags.isolated:
        os.execv(sys.executable, [sys.executable, "-I", "-m", "amlgpu", *sys.argv[1:]])  # noqa: S606 - no shell is wanted
    # An SDK's import makes no garbage, but Python's 700 has it looked for again and again: a fifth of a verb's time.
    gc.set_threshold(50_000, 20, 100)
    from pipelines.cli.main import main as run

    sys.argv[0] = os.path.join(os.path.dirname(sys.executable), "amlgpu")  # noqa: PTH118, PTH120 - as it was called
    try:
        run()
    finally:
        gc.freeze()  # else the interpreter ends by looking for garbage among all that the SDK is


if __name__ == "__main__":
    main()
