"""The one user of the local workspace, who makes all that is in it."""

from azureml_emulator.state.credentials.tokens import TENANT_ID
from azureml_emulator.wire import Document

USER: Document = {
    "userObjectId": "local",
    "userPuId": None,
    "userIdp": None,
    "userAltSecId": None,
    "userIss": None,
    "userTenantId": TENANT_ID,
    "userName": "local",
}
