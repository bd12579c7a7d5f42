"""Online endpoints of SDK v2: a name, keys and traffic over deployments, each served as a web service is."""

from azureml_emulator.azure.arm.online_endpoints import deployment_routes, endpoint_routes

routes = [*endpoint_routes.routes, *deployment_routes.routes]

__all__ = ["routes"]
