"""The port on SDK v1: azureml-core 1.61, azureml-pipeline-core and -steps 1.62.

One module a noun, as in ``workspaces``. Whatever the SDK, the libraries inside it or the network raise leaves here as
one of ``workspaces.errors``: every adapter class is decorated with ``translates``.
"""

from workspaces.v1 import lean_sdk  # noqa: F401  # before anything imports azureml.core
