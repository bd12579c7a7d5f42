"""Models that are deployed without an InferenceConfig: an entry script of ours serves them, as Azure's images do.

https://learn.microsoft.com/azure/machine-learning/v1/how-to-deploy-no-code-deployment says which models, and the form
of what they are sent. The scripts run in replicas only: no model is loaded by the workspace's own process.
"""

from azureml_emulator.azure.services.no_code.frameworks import NO_CODE_SCRIPT, check_no_code, no_code_note, script_of

__all__ = ["NO_CODE_SCRIPT", "check_no_code", "no_code_note", "script_of"]
