import pytest

from config.compute.capacity import Resources, allocatable, shortages, taken
from config.compute.vm_sizes import GPU_SIZES
from config.sections.service import Service
from config.sections.workspace import Cluster

T4 = "Standard_NC4as_T4_v3"


def cluster(nodes: int, purpose: str = "FastProd", **options: object) -> Cluster:
    return Cluster.model_validate({"vm_size": T4, "nodes": nodes, "purpose": purpose} | options)


def short(service: Service, of: Cluster, *held: Resources, vm_size: str = T4, likely: bool = True) -> dict[str, int]:
    found = shortages(service, of, GPU_SIZES[vm_size], held, likely=likely)
    return {one.key.removeprefix("service."): one.fitting for one in found}


def service(replicas: int, cpu_cores: float, memory_gb: float = 1.0, gpu_cores: int = 1) -> Service:
    options = {"replicas": replicas, "cpu_cores": cpu_cores, "memory_gb": memory_gb, "gpu_cores": gpu_cores}
    return Service.model_validate({"name": "digits", "enable_gpu": gpu_cores > 0} | options)


@pytest.mark.parametrize(
    ("vm_size", "cores"),
    [(T4, 3.86), ("Standard_NC8as_T4_v3", 7.82), ("Standard_NC16as_T4_v3", 15.74), ("Standard_NC64as_T4_v3", 63.26)],
)
def test_aks_reserves_cpu_as_its_table_says(vm_size: str, cores: float) -> None:
    assert allocatable(GPU_SIZES[vm_size], 30).cpu_cores == pytest.approx(cores)


@pytest.mark.parametrize(("max_pods", "memory"), [(30, 28 - 0.65 - 0.1), (250, 28 - 5.05 - 0.1)])
def test_aks_reserves_memory_by_the_pods_that_a_node_may_have(max_pods: int, memory: float) -> None:
    assert allocatable(GPU_SIZES[T4], max_pods).memory_gb == pytest.approx(memory)


def test_a_replica_takes_what_azure_ml_adds_to_it() -> None:
    assert taken(Resources(1, 1, 2), 1, cluster(3)) == pytest.approx(Resources(1, 1.1, 2.6))
    assert taken(Resources(1, 1, 2), 2, cluster(3)) == pytest.approx(Resources(2, 2.2, 5.2))


def test_azureml_fe_is_on_three_nodes_of_production_and_on_one_of_a_test_cluster() -> None:
    needs = service(1, 3.0)
    assert short(needs, cluster(3)) == {"cpu_cores": 0}
    assert short(needs, cluster(5)) == {}
    assert short(needs, cluster(2, "DevTest")) == {"cpu_cores": 1}
    assert short(needs, cluster(3, "DevTest")) == {}
    assert short(needs, cluster(3), likely=False) == {}


def test_overheads_are_settings() -> None:
    assert short(service(2, 3.0), cluster(3, front_end_cpu_cores=0.0, system_cpu_cores=0.5)) == {}


def test_a_replica_does_not_span_nodes_and_others_count_by_their_sum() -> None:
    small = service(1, 1.8, gpu_cores=0)  # two of them on a node of 3.86
    assert short(small, cluster(1, "DevTest"), likely=False) == {}
    assert short(small, cluster(1, "DevTest"), Resources(0, 0.1, 0), likely=False) == {"cpu_cores": 1}
    assert short(service(3, 1.8, gpu_cores=0), cluster(2, "DevTest"), likely=False) == {}
    assert short(service(1, 2.0, gpu_cores=0), cluster(1, "DevTest"), likely=False) == {"cpu_cores": 1}


def test_all_that_is_scarce_is_told_gpus_first() -> None:
    assert list(short(service(5, 3.9, 30.0), cluster(3), likely=False)) == ["gpu_cores", "cpu_cores", "memory_gb"]


@pytest.mark.parametrize("likely", [False, True])
@pytest.mark.parametrize("held", [Resources(0, 0, 0), Resources(0, 3, 0)])
def test_the_value_that_fits_does(held: Resources, likely: bool) -> None:
    (scarce,) = shortages(service(5, 30.0, gpu_cores=0), cluster(3), GPU_SIZES[T4], [held], likely=likely)
    assert short(service(5, scarce.most, gpu_cores=0), cluster(3), held, likely=likely) == {}
    assert short(service(5, scarce.most + 0.02, gpu_cores=0), cluster(3), held, likely=likely) != {}
