"""Python for processes of our own: it finds neither the folder they are started in nor what PYTHONPATH names.

Imported before the process is isolated: only modules here that every interpreter has loaded by then.
"""

import site
import sys


def isolated_python() -> list[str]:
    """The interpreter with -I. That leaves the user's own site packages out, too: not where they may hold this package.

    With -E alone a script still finds its own folder first, and has to take that away.
    """
    return [sys.executable, "-E" if site.ENABLE_USER_SITE else "-I"]


def isolated() -> bool:
    return bool(sys.flags.ignore_environment)
