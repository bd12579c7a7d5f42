"""The port on SDK v2: azure-ai-ml 1.35.

One module a noun, as in ``workspaces``. A service is an online endpoint with one or two deployments; a published
pipeline is a pipeline component, a pipeline endpoint a batch endpoint. What the SDK reads back is not believed where it
loses something (durations, for one): that is read by REST.
"""
