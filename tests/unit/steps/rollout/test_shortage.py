import pytest

from steps.rollout.shortage import shortage

RECORDED = """Service deployment polling reached non-successful terminal state, current service state: Failed
Error:
{
  "code": "KubernetesError",
  "statusCode": 400,
  "message": "Kubernetes Deployment Error",
  "details": [
    {
      "code": "Unschedulable",
      "message": "%s"
    }
  ]
}"""


PREEMPTION = "preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod."
BEFORE = (
    "Deployment request failed due to insufficient compute resource. For the specified compute target, 1 replica "
    "cannot be created per specified CPU/Memory configuration(1 CPU Cores, 2GB Memory)."
)


@pytest.mark.parametrize(
    ("reason", "named"),
    [
        ("0/3 nodes are available: 3 Insufficient nvidia.com/gpu.", ["GPUs on 3 of 3 nodes (service.gpu_cores)"]),
        (
            "0/3 nodes are available: 1 Insufficient memory, 3 Insufficient cpu.",
            ["memory on 1 of 3 nodes (service.memory_gb)", "CPU on 3 of 3 nodes (service.cpu_cores)"],
        ),
        (
            f"0/2 nodes are available: 1 Insufficient nvidia.com/gpu, 2 Insufficient cpu. {PREEMPTION}",
            ["GPUs on 1 of 2 nodes (service.gpu_cores)", "CPU on 2 of 2 nodes (service.cpu_cores)"],
        ),
    ],
)
def test_each_resource_that_is_short_is_named_with_its_setting(reason: str, named: list[str]) -> None:
    said = shortage(RECORDED % reason)
    assert said
    assert f"has room for a replica: {', '.join(f'too little free {one}' for one in named)}." in said
    assert ("device plugin" in said) == ("GPUs on 3 of 3" in said)


def test_nodes_that_are_kept_from_replicas_are_told_as_kubernetes_does() -> None:
    tainted = "0/3 nodes are available: 3 node(s) had untolerated taint {sku: gpu}."
    assert shortage(RECORDED % tainted) == f"no node of the cluster takes a replica: {tainted}"


@pytest.mark.parametrize(
    ("said", "count"),
    [
        (BEFORE, "1 of its replicas"),
        ("Unschedulable: CPU/Memory resource insufficient, 2 replicas unschedulable.", "2 of its replicas"),
        ("CPU/Memory resource insufficient", "its replicas"),
    ],
)
def test_what_is_said_before_a_deployment_tells_not_which_of_the_two(said: str, count: str) -> None:
    assert f"has room for {count}: CPU or memory is short (service.cpu_cores and service.memory_gb)" in str(
        shortage(said)
    )


@pytest.mark.parametrize("said", ["", "CrashLoopBackOff: the weights are broken", "image pull backoff"])
def test_anything_else_is_no_shortage(said: str) -> None:
    assert shortage(said) is None
