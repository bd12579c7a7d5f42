"""A run that is asked for in the very moment in which it ends."""

import asyncio
from collections.abc import Callable

from azureml_emulator.azure.pipelines.graphs.documents import create_pipeline_run, save_graph
from azureml_emulator.azure.pipelines.runs.engine import Engine
from azureml_emulator.execution.executor import Executor
from azureml_emulator.state.workspace import LocalWorkspace


class Ending(Executor):
    """Calls back between a run's end and what the event loop does upon it."""

    at_the_end: Callable[[], None]

    def forget(self, owner: str) -> None:
        super().forget(owner)
        asyncio.get_running_loop().call_soon(self.at_the_end)


def test_a_run_that_is_asked_for_as_it_ends(workspace: LocalWorkspace) -> None:
    graph = save_graph(workspace.store, {"ModuleNodes": [], "Edges": []}, None)
    run_id = create_pipeline_run(workspace, experiment="e", graph_id=graph, submission={})["Id"]
    executor = Ending(workspace)
    engine = Engine(workspace, executor)

    async def live() -> None:
        asked: asyncio.Future[object] = asyncio.get_running_loop().create_future()

        def ask() -> None:
            settling = engine.settle(run_id)
            try:  # a task would take its first step only after the run's own callbacks
                asked.set_result(settling.send(None))
            except KeyError as error:
                asked.set_exception(error)
            settling.close()

        executor.at_the_end = ask
        engine.submit(run_id)
        await asyncio.wait_for(asked, 5)

    asyncio.run(live())
