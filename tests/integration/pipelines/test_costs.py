"""What costs money, on a target that isn't local: said with its price, and made or removed only on a yes.

The tests build on each other, in the order of the file.
"""

import json
from collections.abc import Iterator

import pytest

from pipelines.infrastructure.az_commands import DEVICE_PLUGIN
from tests.integration.pipelines.shell import Shell, actions, typed

CLUSTER_ID = "/subscriptions/{}/resourceGroups/local/providers/Microsoft.ContainerService/managedClusters/aks"
SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
DEV = (
    "--target dev --set workspace.resource_group=local --set workspace.name=local --set model.name=digits "
    f"--set cluster.resource_id={CLUSTER_ID.format(SUBSCRIPTION)}"
)


@pytest.fixture(scope="module")
def as_azure(amlgpu: Shell) -> Iterator[Shell]:
    """The same workspace for a target that isn't local: where a compute costs money."""
    variables = amlgpu.python("import json; from pipelines import local; print(local.emulator('env', '--json'))")
    shell = Shell(amlgpu.folder, **variables, AMLGPU_WORKSPACE__SUBSCRIPTION_ID=SUBSCRIPTION)
    yield shell
    shell.close()


def test_a_cluster_has_to_be_named_and_made_before_it_is_attached(as_azure: Shell, amlgpu: Shell) -> None:
    """What it would cost is said first: it is the dearest thing that there is."""
    placeholder = f"{DEV} --set cluster.resource_id={CLUSTER_ID.format('0' * 8 + '-0000-0000-0000-' + '0' * 12)}"
    unnamed, missing, as_json = as_azure(
        f"provision {placeholder} --dry-run", f"provision {DEV} --yes", f"provision {DEV} --json"
    )
    assert (unnamed.exit_code, missing.exit_code, as_json.exit_code) == (2, 7, 7)
    assert "cluster.resource_id=/subscriptions/00000000-" in unnamed.stderr
    assert "is a placeholder: write the ARM id of your AKS cluster there" in unnamed.stderr
    assert "1.05 USD" in missing.stdout
    where = f"--subscription {SUBSCRIPTION} --resource-group local --name aks"
    nodes = "--node-vm-size Standard_NC4as_T4_v3 --node-count 2"
    assert [line.strip() for line in missing.stderr.splitlines() if line.startswith("  ")] == [
        f"az aks create {where} {nodes} --load-balancer-sku standard --enable-managed-identity --generate-ssh-keys",
        f"az aks get-credentials {where}",
        f"kubectl apply -f {DEVICE_PLUGIN}",
    ]
    compute, cluster = json.loads(as_json.stdout)["computes"]
    assert compute["refusal"] is None
    assert missing.stderr.endswith(f"WorkspaceError: {cluster['refusal']}\n")
    (nothing,) = as_azure(f"status {DEV} --json")
    assert nothing.value["compute"] is None, "nothing is made as long as something is in the way"

    amlgpu.local("cluster", "aks", "--nodes", "1")
    (small,) = as_azure(f"provision {DEV} --yes")
    assert "- it has 1 of the 2 nodes of Standard_NC4as_T4_v3 that cluster.nodes says:" in small.stderr
    assert "az aks nodepool scale" in small.stderr
    amlgpu.local("cluster", "aks", "--nodes", "3")


def test_what_costs_money_is_said_and_made_only_on_a_yes(as_azure: Shell) -> None:
    dry_run, unasked, as_json = as_azure(
        f"provision {DEV} --dry-run --json", f"provision {DEV}", f"provision {DEV} --json"
    )
    compute, cluster = dry_run.value["computes"]
    assert (compute["action"], cluster["action"]) == (
        "create, 0 to 1 nodes of Standard_NC4as_T4_v3",
        "attach aks, which bills already",
    )
    assert cluster["notes"] == ["The cluster has 3 nodes, cluster.nodes is 2: the cost above is of these."]
    assert (compute["hour"]["least"], compute["hour"]["most"]) == (0.0, 0.526)
    assert (cluster["hour"]["most"], cluster["hour"]["currency"]) == (1.052, "USD")
    assert (unasked.exit_code, as_json.exit_code) == (2, 2)
    assert "1.05 USD" in unasked.stdout
    assert "say so with --yes" in unasked.stderr
    assert "Prices are EXAMPLES" in unasked.stderr
    assert "called over http: keys and requests travel unencrypted" in unasked.stderr

    no = typed(as_azure, f"provision {DEV}", "n")
    assert no.exit_code == 1
    assert "Make these in local?" in no.stderr
    (nothing,) = as_azure(f"status {DEV} --json")
    assert nothing.value["compute"] is nothing.value["cluster"] is None

    own = f"{DEV} --set compute.name=dev-compute --set cluster.name=dev-aks"
    yes = typed(as_azure, f"provision {own}", "y")
    assert "compute dev-compute: done" in yes.stderr
    again, removed = as_azure(f"provision {own} --json", f"teardown {own} --yes --json")
    assert actions(again) == ["already there", "already there"]
    assert [removal["name"] for removal in removed.value["removals"]] == ["dev-aks", "dev-compute"]


def test_a_size_without_a_price_is_of_unknown_price_and_a_retired_one_is_refused(as_azure: Shell) -> None:
    unlisted, retired = as_azure(
        f"provision {DEV} --dry-run --set cluster.vm_size=Standard_NC40ads_H100_v5",
        f"provision {DEV} --dry-run --set cluster.vm_size=Standard_NC6s_v3",
    )
    assert "unknown" in unlisted.stdout
    assert (
        "No price of Standard_NC40ads_H100_v5 is known: write one below per_hour in config/prices.yml"
        in unlisted.stderr
    )
    assert retired.exit_code == 2
    assert "the NCv3 series (V100) is retired" in retired.stderr


def test_a_plan_says_what_the_computes_that_it_would_use_cost(as_azure: Shell, amlgpu: Shell) -> None:
    assert [ended.exit_code for ended in amlgpu("provision", "publish")] == [0, 0]
    (amlgpu.folder / "data").mkdir()
    (amlgpu.folder / "data" / "saved_model.pb").write_bytes(b"x" * 1000)
    shown, unknown, as_json = as_azure(
        f"plan {DEV} --model data",
        f"plan {DEV} --model data --set cluster.vm_size=Standard_NC40ads_H100_v5",
        f"plan {DEV} --model data --json",
    )
    lines = [" ".join(line.split()) for line in shown.stdout.splitlines()]
    assert "cluster gpu-aks 2 nodes of Standard_NC4as_T4_v3 1.05 USD" in lines
    assert "compute gpu-compute 0 to 1 nodes of Standard_NC4as_T4_v3 0.00 to 0.53 USD" in lines
    assert (
        "Prices are EXAMPLES (eastus, 2026-11-24), yours may differ: write yours into config/prices.yml" in shown.stdout
    )
    assert "No price of Standard_NC40ads_H100_v5 is known: write one below per_hour in" in unknown.stdout
    assert (shown.exit_code, as_json.exit_code) == (3, 3)
    costs = json.loads(as_json.stdout)["costs"]
    assert [compute["hour"]["most"] for compute in costs["computes"]] == [0.526, 1.052]
    assert costs["prices"] == {"as_of": "2026-11-24", "region": "eastus", "example": True}


def test_detaching_a_cluster_is_said_to_leave_it_billing_with_the_commands_that_end_that(as_azure: Shell) -> None:
    """Of the cluster that is attached, whatever the settings say by now."""
    (ended,) = as_azure(f"teardown {DEV} --dry-run --json")
    assert {removal["kind"]: removal["hour"] and removal["hour"]["most"] for removal in ended.value["removals"]} == {
        "endpoint": None,
        "cluster": 1.052,
        "compute": 0.526,
    }
    (detach,) = (removal for removal in ended.value["removals"] if removal["kind"] == "cluster")
    assert detach["action"] == "detach; the AKS cluster itself stays"
    where = f"--subscription {SUBSCRIPTION} --resource-group local --name gpu-aks"
    assert ended.value["still_bills"][0].endswith(f"az aks delete {where}")
    assert ended.value["to_attach_again"][0] == f"az aks get-credentials {where}"
    assert "kubectl delete --ignore-not-found serviceaccount/azureml-fe " in ended.value["to_attach_again"][1]
    for line in (f"az aks delete {where}", *ended.value["to_attach_again"], "storage account"):
        assert line in ended.stderr
