"""Web services on AKS: deployment, replicas that are real inference servers, and the router in front of them."""

from emulator.services import management, router

routes = [*management.routes, *router.routes]

__all__ = ["routes"]
