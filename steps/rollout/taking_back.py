"""Takes back what a run did to a service that it couldn't prove."""

from config.settings import Settings
from steps.artifacts.deployment import Deployment
from steps.rollout.lease import Lease
from steps.rollout.lease_file import Before
from steps.rollout.put_back import put_back
from steps.rollout.service import is_release_of, wait_idle
from workspaces.workspace import Workspace


def go_back(workspace: Workspace, deployment: Deployment, lease: Lease, settings: Settings) -> str:
    """Put back what was proven last, unless it ran before this run and still does; a clause for what was done.

    By the deployment alone, which was recorded: the lease's journal is a file on the datastore.
    """
    if deployment.action == "unchanged" and deployment.proven == deployment.previous:
        return "it runs what was proven before, so nothing was put back"
    done = put_back(workspace, deployment.service_name, Before(state=deployment.proven), settings)
    lease.release(proven=True)
    return done


def take_back(workspace: Workspace, deployment: Deployment, run_id: str, settings: Settings) -> str:
    """The same in the run's own turn, and only where the service still runs what it deployed."""
    name = deployment.service_name
    lease = Lease.acquire(workspace, name, run_id, settings.service)
    try:
        state = wait_idle(workspace, name, settings.service.deploy_timeout_seconds)
        if state is None or not is_release_of(state, deployment.model, deployment.tags):
            return f"nothing was put back: service {name} doesn't run {deployment.model} any more"
        return go_back(workspace, deployment, lease, settings)
    finally:
        lease.give_up()
