"""Experiments: found, tagged, archived, brought back, deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from azureml.core import Experiment, Workspace


def test_list(workspace: Workspace, experiment: Experiment) -> None:
    from azureml.core import Experiment

    experiment.set_tags({"stage": "candidate", "team": "vision"})
    assert workspace.experiments[experiment.name].id == experiment.id

    def found(**filters: object) -> list[str]:
        return [one.id for one in Experiment.list(workspace, **filters)]

    assert found(experiment_name=experiment.name) == [experiment.id]
    assert found(tags={"stage": "candidate", "team": "vision"}) == found(tags="team") == [experiment.id]
    assert found(tags={"stage": "released"}) == found(experiment_name="none") == []


def test_tags(workspace: Workspace, experiment: Experiment) -> None:
    from azureml.core import Experiment

    experiment.set_tags({"kept": "1", "dropped": "2"})
    experiment.tag("added")
    experiment.remove_tags(["dropped"])
    assert Experiment(workspace, experiment.name).tags == {"kept": "1", "added": None}


def test_an_archived_experiment_and_its_successor(workspace: Workspace, experiment: Experiment) -> None:
    """Its name is free again, as Azure's documentation of Experiment.archive says."""
    from azureml._restclient.exceptions import ServiceException
    from azureml.core import Experiment

    old = experiment.start_logging(snapshot_directory=None, outputs=False)
    old.complete()
    experiment.archive()
    assert experiment.archived_time is not None
    assert experiment.name not in workspace.experiments
    views = {view: Experiment.list(workspace, experiment.name, view) for view in ("ActiveOnly", "ArchivedOnly", "All")}
    assert {view: len(found) for view, found in views.items()} == {"ActiveOnly": 0, "ArchivedOnly": 1, "All": 1}
    assert [run.id for run in experiment.get_runs()] == [old.id]

    successor = Experiment(workspace, experiment.name)
    assert successor.id != experiment.id
    assert list(successor.get_runs()) == []
    with pytest.raises(ServiceException, match=f"an active experiment is named '{experiment.name}'"):
        experiment.reactivate()

    Experiment.delete(workspace, successor.id)
    experiment.reactivate()
    assert workspace.experiments[experiment.name].id == experiment.id
    assert workspace.get_run(old.id).experiment.id == experiment.id


def test_one_with_runs_is_not_deleted(workspace: Workspace, experiment: Experiment) -> None:
    from azureml._restclient.exceptions import ServiceException
    from azureml.core import Experiment

    experiment.start_logging(snapshot_directory=None, outputs=False).complete()
    with pytest.raises(ServiceException, match="has runs: only an empty one can be deleted"):
        Experiment.delete(workspace, experiment.id)
    with pytest.raises(ServiceException, match="experiment with id 'none' not found"):
        Experiment.delete(workspace, "none")
