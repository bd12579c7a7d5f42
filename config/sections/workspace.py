"""The sections that say where: the Azure ML workspace, its compute, its cluster, and the environment of both."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from config.compute.vm_sizes import check_vm_size
from config.sections.base import Section, Text

PLACEHOLDER = "00000000-0000-0000-0000-000000000000"
"""The subscription in the files of targets that nobody has filled in yet."""
CLUSTER_ID = (  # Azure's own tools spell it in several cases
    r"^/subscriptions/[^/]+/resource[Gg]roups/[^/]+"
    r"/providers/[Mm]icrosoft\.[Cc]ontainer[Ss]ervice/managed[Cc]lusters/[^/]+$"
)
IDENTITY_ID = (
    r"^/subscriptions/[^/]+/resource[Gg]roups/[^/]+"
    r"/providers/[Mm]icrosoft\.[Mm]anaged[Ii]dentity/user[Aa]ssigned[Ii]dentities/[^/]+$"
)
VmSize = Annotated[str, Field(min_length=1), AfterValidator(check_vm_size)]
ComputeName = Annotated[str, Field(pattern=r"^[a-zA-Z][a-zA-Z0-9-]{0,14}[a-zA-Z0-9]$")]


class Workspace(Section):
    local: bool = False
    """It is the local workspace of this machine, which costs nothing."""
    sdk: Literal["v1", "v2"] = "v1"
    """The SDK of Azure ML that reaches it; with v2 the service is an online endpoint with blue/green deployments."""
    subscription_id: Text
    """Azure subscription that holds the workspace."""
    resource_group: Text
    """Resource group that holds the workspace."""
    name: Text
    """Azure Machine Learning workspace."""


class Compute(Section):
    name: ComputeName = "gpu-compute"
    """AmlCompute cluster that runs the steps; it has a managed identity, which the steps sign in as."""
    vm_size: VmSize
    """Size of one node."""
    min_nodes: int = Field(default=0, ge=0)
    """Nodes kept, and billed, while nothing runs."""
    max_nodes: int = Field(default=1, ge=1)
    """Most nodes at once."""
    idle_seconds: int = Field(default=300, ge=60)
    """Seconds without work after which a node above min_nodes is given back."""
    identity_id: str | None = Field(default=None, pattern=IDENTITY_ID)
    """ARM id of a user-assigned identity for it; null: it gets a system-assigned one of its own."""

    @model_validator(mode="after")
    def _nodes_in_order(self) -> "Compute":
        if self.min_nodes > self.max_nodes:
            raise ValueError(f"min_nodes={self.min_nodes} is more than max_nodes={self.max_nodes}")
        return self


class Cluster(Section):
    name: ComputeName = "gpu-aks"
    """The workspace's name for the AKS cluster that serves the model."""
    vm_size: VmSize
    """Size of one node of the cluster's (only) node pool."""
    nodes: int = Field(ge=1)
    """Nodes of the pool; they need room for one replica more, which an update starts before it ends an old one."""
    purpose: Literal["FastProd", "DevTest", "DenseProd"]
    """What the cluster is attached for: FastProd and DenseProd need 3 nodes and 12 virtual CPUs or more in all."""
    resource_id: Annotated[str, Field(pattern=CLUSTER_ID)] | None = None
    """ARM id of the AKS cluster to attach, as `az aks list --query '[].id'` prints it. Required in Azure; of no effect
    in the local workspace, where a cluster of this name is made up."""
    managed: bool = False
    """With SDK v2: no cluster, but machines of Azure ML's own of vm_size, one for each replica; `nodes` at most."""
    max_pods: int = Field(default=250, ge=10, le=250)
    """Most pods of a node, by which AKS reserves memory: 250 with Azure CNI Overlay, 110 with kubenet."""
    front_end_cpu_cores: float = Field(default=0.9, ge=0)
    """Virtual CPUs that azureml-fe takes on a node; what v2 documents on its page reference-kubernetes."""
    front_end_memory_gb: float = Field(default=0.8, ge=0)
    """Memory that azureml-fe takes on a node; from the same page."""
    system_cpu_cores: float = Field(default=0.5, ge=0)
    """Virtual CPUs that AKS's own pods take on a node; the sum of kube-system in `kubectl describe node`."""
    system_memory_gb: float = Field(default=0.7, ge=0)
    """Memory that AKS's own pods take on a node; the same sum."""
    replica_extra_cpu_cores: float = Field(default=0.1, ge=0)
    """Virtual CPUs that Azure ML adds to each replica; reported in azure-sdk-for-python#14168."""
    replica_extra_memory_gb: float = Field(default=0.6, ge=0)
    """Memory that Azure ML adds to each replica; reported there too."""


class Environment(Section):
    name: Text = "aml-gpu-scoring"
    """Prefix of the Azure ML environment; a hash of its content is appended."""
    base_image: Text = "mcr.microsoft.com/azureml/openmpi5.0-cuda12.6-ubuntu24.04:20251130.v1"
    """CUDA image that validation and the service run in, pinned by its tag."""
    tensorflow: Literal["pip", "conda-forge"] = "pip"
    """pip: tensorflow[and-cuda] of the version that is tested here, everything by hash; conda-forge: tensorflow-gpu."""
    conda_file: Text | None = None
    """Conda specification of your own, as a path from the root of the repository; null takes the one of tensorflow."""

    @model_validator(mode="after")
    def _one_file(self) -> "Environment":
        if self.conda_file and "tensorflow" in self.model_fields_set:
            raise ValueError(
                f"conda_file={self.conda_file} says which TensorFlow it is: leave out tensorflow={self.tensorflow}, "
                "or conda_file"
            )
        return self
