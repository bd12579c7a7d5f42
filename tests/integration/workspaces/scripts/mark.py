"""A step that leaves a file on the datastore, so that whoever didn't start it sees that it ran."""

import sys

from workspaces.opening import current_run

run = current_run()
run.workspace.files.write(f"marks/{sys.argv[sys.argv.index('--mark') + 1]}/{run.pipeline_run_id}", b"", None)
