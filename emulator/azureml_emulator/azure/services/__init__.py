"""Web services on AKS: deployment, replicas that are real inference servers, and the router in front of them."""

from azureml_emulator.azure.services import routes as management
from azureml_emulator.azure.services.routing import router

routes = [*management.routes, *router.routes]

__all__ = ["routes"]
