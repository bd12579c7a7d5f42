"""A step with a child run and with processes of its own, one of them in a session of its own."""

import subprocess
import sys
import time

from azureml.core import Run

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]

run = Run.get_context()
child = run.child_run("part")
child.tag("of", run.id)
child.log("loss", 0.5)
subprocess.Popen(SLEEP)
subprocess.Popen(SLEEP, start_new_session=True)
time.sleep(float(sys.argv[1]))
child.complete()
