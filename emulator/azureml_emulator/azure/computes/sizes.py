"""A few virtual machine sizes, for programs that look one up. Any other current size can be used as well."""

from azureml_emulator.azure.computes.gpus import gpus_per_node
from azureml_emulator.wire import Document

# Name: virtual CPUs, memory in GB, temporary disk in GB. Source: the size pages of Azure's documentation.
_SIZES = {
    "Standard_D2_v3": (2, 8, 50),
    "Standard_D4_v3": (4, 16, 100),
    "Standard_D8_v3": (8, 32, 200),
    "Standard_D16_v3": (16, 64, 400),
    "Standard_DS2_v2": (2, 7, 14),
    "Standard_DS3_v2": (4, 14, 28),
    "Standard_DS12_v2": (4, 28, 56),
    "Standard_NC4as_T4_v3": (4, 28, 176),
    "Standard_NC8as_T4_v3": (8, 56, 352),
    "Standard_NC16as_T4_v3": (16, 110, 352),
    "Standard_NC64as_T4_v3": (64, 440, 2816),
    "Standard_NC24ads_A100_v4": (24, 220, 64),
    "Standard_NC48ads_A100_v4": (48, 440, 128),
    "Standard_NC96ads_A100_v4": (96, 880, 256),
}


def vm_sizes() -> list[Document]:
    return [
        {
            "name": name,
            "vCPUs": cpus,
            "gpus": gpus_per_node(name),
            "memoryGB": memory,
            "maxResourceVolumeMB": disk * 1024,
        }
        for name, (cpus, memory, disk) in _SIZES.items()
    ]
