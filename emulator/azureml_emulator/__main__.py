"""`python -m azureml_emulator VERB`, and the command `azureml-emulator`."""

import os
import sys


def main() -> None:
    """Run one verb, in a Python that finds neither the folder it was typed in nor what PYTHONPATH names.

    Nothing else is imported before: a project's own `typer.py` or `json.py` must not get in between.
    """
    from azureml_emulator.command.isolation import isolated, isolated_python

    if not isolated():
        sys.stdout.flush()
        os.execv(sys.executable, [*isolated_python(), __file__, *sys.argv[1:]])  # noqa: S606 - no shell is the point
    from azureml_emulator.command.verbs import main as run_verb

    run_verb()


if __name__ == "__main__":
    if not sys.flags.isolated:
        sys.path.pop(0)  # the folder of this file, or with -m the one it was typed in
    main()
