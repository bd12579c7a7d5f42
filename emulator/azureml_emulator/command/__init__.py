"""The command `azureml-emulator`, and what it does to the process that serves a workspace."""
