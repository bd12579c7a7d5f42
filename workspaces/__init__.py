"""The port to Azure ML: what this project asks of a workspace, as protocols and values in the terms of the field.

    workspace = open_workspace(settings)        # workspaces.opening
    workspace.models.versions("digits")[0].tags

One module a noun: the values, and the protocol that an adapter implements. ``v1`` is the adapter for SDK v1, and the
only place in the project that imports azureml beside ``scoring/score.py``; ``v2`` is the one for SDK v2, azure-ai-ml.
``azure`` is what both have of Azure itself. Adapters raise the project's own errors
alone (``workspaces.errors``), and decide nothing: what is released, compared or put back is for ``steps`` and
``pipelines`` to say. ``tests/integration/workspaces`` holds every adapter to the same contract.
"""
