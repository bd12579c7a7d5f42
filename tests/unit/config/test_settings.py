from pathlib import Path

import pytest
import yaml

from config.errors import ConfigError
from config.loading import layers
from config.settings import Settings, config_hash, load_settings
from tests.unit.config.conftest import edit

TARGETS = ("local", "dev", "prod")


def refusal(overrides: dict[str, str], target: str = "prod") -> str:
    with pytest.raises(ConfigError) as caught:
        load_settings(target, overrides, environ={})
    return str(caught.value)


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_loads(target: str) -> None:
    assert load_settings(target, environ={}).target == target


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_serves_from_gpus_with_room_for_an_update(target: str) -> None:
    settings = load_settings(target, environ={})
    assert settings.service.enable_gpu
    assert settings.cluster.nodes > settings.service.replicas


V2 = {"workspace.sdk": "v2", "environment.conda_file": "own.yml"}


def test_what_is_released_through_sdk_v2_is_always_asked_before_it_has_traffic() -> None:
    assert load_settings("local", environ={}).service.strategy == "in_place"
    assert load_settings("local-v2", environ={}).service.strategy == "staged"
    chosen = load_settings("prod", V2 | {"cluster.managed": "true", "cluster.nodes": "6"}, environ={})
    assert (chosen.service.strategy, chosen.cluster.managed) == ("staged", True)


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ({"cluster.managed": "true"}, "cluster.managed is true, which SDK v1 has not"),
        ({"service.keep_previous": "true"}, "service.keep_previous is true, but SDK v1 replaces what ran before"),
        (V2 | {"service.strategy": "in_place"}, "SDK v2 brings up each release beside the one before"),
        (V2 | {"service.blobfuse_enabled": "false"}, "which SDK v2 has no choice of"),
        ({"workspace.sdk": "v2"}, "in environment.conda_file"),
        ({"workspace.sdk": "v3"}, "workspace.sdk"),
        (
            V2 | {"cluster.managed": "true", "cluster.nodes": "3", "service.replicas": "2"},
            "service.replicas=2 and as many of the deployment beside them need 4 machines; cluster.nodes=3",
        ),
        (
            V2 | {"cluster.managed": "true", "cluster.nodes": "6", "service.autoscale_max_replicas": "3"},
            "scaled by Azure Monitor alone",
        ),
    ],
)
def test_what_an_sdk_has_not_is_refused(overrides: dict[str, str], said: str) -> None:
    assert said in refusal(overrides)


def test_only_the_local_target_does_without_a_gpu_check() -> None:
    assert [load_settings(target, environ={}).validation.require_gpu for target in TARGETS] == [False, True, True]


def test_target_comes_from_argument_then_environment_then_local() -> None:
    assert load_settings("prod", environ={"AMLGPU_TARGET": "dev"}).target == "prod"
    assert load_settings(environ={"AMLGPU_TARGET": "dev"}).target == "dev"
    assert load_settings(environ={}).target == "local"


@pytest.mark.parametrize(
    ("target", "environ", "origin"),
    [("staging", {}, "--target"), (None, {"AMLGPU_TARGET": "staging"}, "AMLGPU_TARGET")],
)
def test_unknown_target_names_its_origin_and_the_choices(
    target: str | None, environ: dict[str, str], origin: str
) -> None:
    with pytest.raises(ConfigError, match=f"{origin} = 'staging': .* the known ones are dev, local, local-v2, prod"):
        load_settings(target, environ=environ)


def test_later_layers_win() -> None:
    environ = {"AMLGPU_SERVICE__REPLICAS": "1", "AMLGPU_SERVICE__CPU_CORES": "0.5"}
    settings = load_settings("local", {"service.replicas": "2"}, environ)
    assert (settings.service.replicas, settings.service.cpu_cores) == (2, 0.5)


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("service.replicas", "1", 1),
        ("service.memory_gb", "3", 3.0),
        ("validation.accuracy_floor", "null", None),
        ("validation.require_gpu", "false", False),
        ("workspace.subscription_id", "0012", "0012"),
        ("workspace.name", "true", "true"),
        ("task.labels", "null", None),
        ("schedule.hours", "[3, 15]", (3, 15)),
        ("schedule.week_days", "[Friday]", ("Friday",)),
    ],
)
def test_text_from_outside_takes_the_type_of_its_key(key: str, text: str, value: object) -> None:
    variable = f"AMLGPU_{key.upper().replace('.', '__')}"
    section, name = key.split(".")
    for settings in (load_settings("prod", {key: text}, {}), load_settings("prod", environ={variable: text})):
        assert getattr(getattr(settings, section), name) == value


def test_gpu_enabled_is_enable_gpu() -> None:
    for key in ("enable_gpu", "gpu_enabled"):
        settings = load_settings("prod", {f"service.{key}": "false", "service.gpu_cores": "0"}, {})
        assert settings.service.enable_gpu is False


def test_both_names_of_enable_gpu_at_once_are_refused() -> None:
    assert "are the same key" in refusal({"service.enable_gpu": "true", "service.gpu_enabled": "true"})


@pytest.mark.parametrize(
    ("overrides", "parts"),
    [
        ({"service.replicas": "two"}, ["--set service.replicas", "'two'", "valid integer"]),
        ({"service.replicas": "1.5"}, ["service.replicas = 1.5", "valid integer"]),
        ({"service.cpu_cores": ".inf"}, ["service.cpu_cores = inf", "finite number"]),
        ({"validation.latency_p99_ms": ".nan"}, ["validation.latency_p99_ms = nan", "finite number"]),
        ({"monitoring.share": "1.1"}, ["monitoring.share = 1.1", "less than or equal to 1"]),
        ({"monitoring.folder": "samples"}, ["monitoring.folder = 'samples'", "Absolute path of a folder"]),
        ({"monitoring.keep_images": "true"}, ["keep_images is true but folder is null"]),
        ({"service.replicas": "0"}, ["service.replicas = 0", "greater than or equal to 1"]),
        ({"service.max_queue_wait_ms": "0"}, ["max_queue_wait_ms = 0", "greater than or equal to 1"]),
        ({"service.enable_gpu": "1"}, ["service.enable_gpu = 1", "valid boolean"]),
        ({"service.scoring_timeout_ms": "300001"}, ["300001", "less than or equal to 300000"]),
        ({"service.name": "A_b"}, ["'A_b'", "3 to 32 of a-z"]),
        ({"service.replica": "2"}, ["unknown key service.replica", "did you mean replicas?"]),
        ({"service.colour": "2"}, ["unknown key service.colour", "the known ones are name, enable_gpu"]),
        ({"servce.replicas": "2"}, ["unknown section servce", "did you mean service?"]),
        ({"replicas": "2"}, ["--set replicas", "section.key=value"]),
        ({"cluster.purpose": "Prod"}, ["'Prod'", "'FastProd', 'DevTest' or 'DenseProd'"]),
        ({"cluster.resource_id": "gpu"}, ["'gpu'", "ARM id"]),
        ({"compute.min_nodes": "5"}, ["min_nodes=5 is more than max_nodes=1", "--set compute.min_nodes"]),
        ({"schedule.frequency": "Day"}, ["week_days needs frequency Week"]),
        ({"schedule.hours": "[24]"}, ["schedule.hours = 24", "less than or equal to 23"]),
        ({"service.gpu_cores": "0"}, ["enable_gpu is true but gpu_cores is 0"]),
        ({"service.enable_gpu": "false"}, ["enable_gpu is false but gpu_cores is 1"]),
    ],
)
def test_refusal_names_key_value_and_what_is_allowed(overrides: dict[str, str], parts: list[str]) -> None:
    message = refusal(overrides)
    for part in parts:
        assert part in message


def test_hours_need_a_day_or_a_week() -> None:
    assert "need frequency Day or Week" in refusal({"schedule.frequency": "Hour", "schedule.week_days": "[]"})


def test_replicas_and_the_surge_must_fit_the_gpus() -> None:
    assert load_settings("prod", {"service.replicas": "2"}, {}).service.replicas == 2
    message = refusal({"service.replicas": "3"})
    assert "4 replicas of 1 GPU" in message
    assert "have room for 3" in message


def test_with_sdk_v2_as_many_replicas_as_a_deployment_begins_with_must_fit_beside_those_that_serve() -> None:
    assert load_settings("prod", V2 | {"service.replicas": "1"}, {}).spare_replicas == 1
    message = refusal(V2 | {"service.replicas": "2"})
    assert "service.replicas=2 and the 2 of the deployment beside them need room for 4 replicas of 1 GPU" in message
    assert "have room for 3" in message


def test_the_most_replicas_of_an_autoscaled_service_and_the_surge_must_fit_the_gpus() -> None:
    scaled = load_settings("prod", {"service.replicas": "1", "service.autoscale_max_replicas": "2"}, {})
    assert scaled.service.most_replicas == 2
    message = refusal({"service.replicas": "1", "service.autoscale_max_replicas": "3"})
    assert "service.autoscale_max_replicas=3" in message
    assert "4 replicas of 1 GPU" in message
    assert "less than replicas=2, the fewest" in refusal({"service.autoscale_max_replicas": "1"})


def test_a_replica_does_not_span_nodes() -> None:
    # 3 nodes of 4 GPUs hold one replica of 3 GPUs each, not four.
    four_gpus = {"cluster.vm_size": "Standard_NC64as_T4_v3", "service.gpu_cores": "3"}
    assert load_settings("prod", four_gpus, {}).service.gpu_cores == 3
    assert "have room for 3" in refusal(four_gpus | {"service.replicas": "3"})


def test_gpu_service_on_a_cpu_cluster_is_refused() -> None:
    assert "Standard_D4s_v5 has no GPU" in refusal({"cluster.vm_size": "Standard_D4s_v5"})


def test_required_gpu_on_cpu_compute_is_refused() -> None:
    cpu = {"compute.vm_size": "Standard_D4s_v5"}
    assert "compute.vm_size=Standard_D4s_v5 has no GPU" in refusal(cpu)
    assert load_settings("local", cpu, {}).compute.vm_size == "Standard_D4s_v5"


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"service.cpu_cores": "3.8"}, "3.9 CPU cores (0.1 of it by Azure ML itself), with 3.86 of 4 left on a node; "),
        (
            {"service.cpu_cores": "3.8"},
            "room for 0: choose a larger cluster.vm_size, or lower service.cpu_cores to 3.76",
        ),
        (
            {"cluster.vm_size": "Standard_NC64as_T4_v3", "service.cpu_cores": "40", "service.replicas": "3"},
            "room for 3: add nodes, lower service.replicas, or lower service.cpu_cores to 31.53",
        ),
        (
            {"service.memory_gb": "24"},
            "24.6 GB of memory (0.6 of it by Azure ML itself), with 22.85 of 28 left on a node",
        ),
        ({"cluster.vm_size": "Standard_NC64as_T4_v3", "service.cpu_cores": "64"}, "lower service.cpu_cores to 63.16"),
        ({"service.enable_gpu": "false", "service.gpu_cores": "0", "service.cpu_cores": "4"}, "4.1 CPU cores"),
    ],
)
def test_replicas_and_the_surge_must_fit_what_aks_leaves_of_nodes(overrides: dict[str, str], message: str) -> None:
    assert message in refusal(overrides)


def test_in_azure_a_cluster_must_be_named() -> None:
    message = refusal({"cluster.resource_id": "null"})
    assert "cluster.resource_id is missing: the ARM id of the AKS cluster to attach" in message
    assert "`amlgpu provision` says how to make it" in message
    assert load_settings("local", environ={}).cluster.resource_id is None


@pytest.mark.parametrize("group", ["resourceGroups", "resourcegroups"])
def test_an_id_is_taken_as_the_azure_cli_prints_it(group: str) -> None:
    cluster = f"/subscriptions/s/{group}/g/providers/Microsoft.ContainerService/managedClusters/gpus"
    identity = f"/subscriptions/s/{group}/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/steps"
    settings = load_settings("prod", {"cluster.resource_id": cluster, "compute.identity_id": identity}, {})
    assert (settings.cluster.resource_id, settings.compute.identity_id) == (cluster, identity)


def test_small_cluster_is_for_development_only() -> None:
    small = {"cluster.nodes": "2", "service.replicas": "1"}
    assert "needs 3 nodes and 12 virtual CPUs, 2 x Standard_NC4as_T4_v3 have 8" in refusal(small)
    assert load_settings("prod", small | {"cluster.purpose": "DevTest"}, {}).cluster.nodes == 2


def test_the_nodes_of_the_local_workspace_are_as_large_as_need_be() -> None:
    large = {"service.replicas": "1", "service.cpu_cores": "6", "service.memory_gb": "48"}
    assert "6.1 CPU cores" in refusal(large)
    assert load_settings("local", large | {"cluster.nodes": "2"}, {}).service.cpu_cores == 6


def test_all_faults_are_told_at_once() -> None:
    message = refusal({"service.replicas": "two", "model.nmae": "x"})
    assert len(message.splitlines()) == 2


@pytest.mark.parametrize(
    ("variable", "parts"),
    [
        ("AMLGPU_SERVICE__REPLICA", ["AMLGPU_SERVICE__REPLICA", "did you mean replicas?"]),
        ("AMLGPU_SERVICE_REPLICAS", ["did you mean AMLGPU_SERVICE__REPLICAS?", "Two underscores"]),
        ("AMLGPU_SERVCE_NAME", ["AMLGPU_SERVCE_NAME", "did you mean AMLGPU_SERVICE__NAME?"]),
        ("AMLGPU_SERVCE__NAME", ["did you mean AMLGPU_SERVICE__NAME?"]),
        ("AMLGPU_TARGETS", ["did you mean AMLGPU_TARGET?"]),
        ("AMLGPU_FOO", ["AMLGPU_FOO: there is no such variable; did you mean AMLGPU_"]),
        ("AMLGPU_SMOKE_TEST_IMAGES", ["did you mean AMLGPU_SMOKE_TEST__IMAGES?"]),
    ],
)
def test_misspelt_variable_is_refused(variable: str, parts: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings("local", environ={variable: "2"})
    for part in parts:
        assert part in str(caught.value)


def test_other_variables_are_left_alone() -> None:
    others = {"AMLGPU_HOME": "elsewhere", "PATH": "/bin", "SERVICE__REPLICAS": "9"}
    assert load_settings("local", environ=others) == load_settings("local", environ={})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("cluster: [", "isn't valid YAML in line 1, column 11: while parsing a flow node, expected"),
        ("cluster:\n  nodes: 1\n  nodes: 2\n", "nodes is given twice"),
        ("cluster: 3\n", "cluster = 3: must be a section"),
        (
            "cluster:\n  name: 2020-99-99\n",
            "isn't valid YAML in line 2, column 9: '2020-99-99' isn't what it looks like",
        ),
        (f"cluster:\n  nodes: {'9' * 5000}\n", "isn't valid YAML in line 2, column 10: '9999"),
        (f"cluster:\n  nodes: 0x{'f' * 5000}\n", "a number beyond 1,000,000,000,000,000,000"),
        ("cluster:\n  nodes: !!int x\n", "isn't valid YAML in line 2, column 10: 'x' isn't what it looks like"),
        (f"cluster: {'[' * 5000}{']' * 5000}\n", "lists or sections are nested too deeply"),
        ("- cluster\n", "must hold sections"),
        ("", "workspace is missing"),
    ],
)
def test_broken_file_is_named(own_folder: Path, text: str, problem: str) -> None:
    (own_folder / "targets" / "dev.yml").write_text(text)
    with pytest.raises(ConfigError, match=f"config/targets/dev.yml: .*{problem}"):
        load_settings("dev", environ={})


def test_file_that_is_no_text_is_named(own_folder: Path) -> None:
    (own_folder / "services" / "digits.yml").write_bytes(b"service:\n  name: \xff\n")
    with pytest.raises(ConfigError, match=r"config/services/digits\.yml: isn't UTF-8: invalid start byte at byte 17"):
        load_settings("dev", environ={})


@pytest.mark.parametrize(
    ("file", "section", "key", "said"),
    [
        ("targets/local.yml", "cluster", "nodes", "cluster.nodes is missing (Nodes of the pool"),
        ("targets/local.yml", "cluster", None, "cluster is missing (Where the service runs.)"),
    ],
)
def test_missing_key_says_what_it_is_and_where_it_belongs(
    own_folder: Path, file: str, section: str, key: str | None, said: str
) -> None:
    content = yaml.safe_load((own_folder / file).read_text())
    del (content[section] if key else content)[key or section]
    (own_folder / file).write_text(yaml.safe_dump(content))
    assert refusal({}, "local").startswith(f"config/{file}: {said}")


def test_settings_are_frozen() -> None:
    settings = load_settings("local", environ={})
    with pytest.raises(ValueError, match="frozen"):
        settings.service.replicas = 3


def test_every_key_is_described() -> None:
    for section, keys in ((name, layers.section_keys(Settings, name)) for name in layers.sections(Settings)):
        for key in (section, *(f"{section}.{name}" for name in keys)):
            field = layers.find_field(Settings, key)
            assert field is not None
            assert field.description, key


def test_config_hash_follows_the_content() -> None:
    plain = config_hash(load_settings("local", environ={}))
    assert len(plain) == 12
    assert int(plain, 16) >= 0
    assert config_hash(load_settings("local", {"service.replicas": "2"}, {})) == plain
    assert config_hash(load_settings("local", {"service.replicas": "1"}, {})) != plain


def test_plain_server_is_not_handed_more_than_one_request() -> None:
    with pytest.raises(ConfigError, match="=64: set it to 1"):
        load_settings("local", {"scoring.server": "plain"}, {})
    load_settings("local", {"scoring.server": "plain", "service.max_concurrent_requests": "1"}, {})


def test_a_processors_precision_contradicts_a_required_gpu() -> None:
    with pytest.raises(ConfigError, match="bfloat16, which is a CPU's"):
        load_settings("prod", {"scoring.precision": "bfloat16"}, {})


def test_a_teams_own_folder_takes_the_place_of_ours(team: Path) -> None:
    (team / "services" / "digits.yml").rename(team / "services" / "letters.yml")
    (team / "targets" / "prod.yml").rename(team / "targets" / "live.yml")
    edit(team / "services" / "letters.yml", "  prod:", "  live:")

    settings = load_settings("live", environ={"AMLGPU_CONFIG": str(team)})

    assert (settings.model.name, settings.service.name, settings.service.memory_gb) == ("letters", "letters", 16.0)
    with pytest.raises(ConfigError, match="--target = 'prod': there is no such target; the known ones are dev, live"):
        load_settings("prod", environ={"AMLGPU_CONFIG": str(team)})


def test_what_is_wrong_in_a_teams_folder_is_named_by_its_path(team: Path) -> None:
    edit(team / "services" / "digits.yml", "replicas: 1", "replica: 3")

    with pytest.raises(ConfigError) as caught:
        load_settings("dev", environ={"AMLGPU_CONFIG": str(team)})

    file = team / "services" / "digits.yml"
    assert str(caught.value) == f"{file} (targets.dev): unknown key service.replica: did you mean replicas?"


def test_a_folder_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigError, match="AMLGPU_CONFIG = 'no/such/folder': there is no such folder"):
        load_settings("dev", environ={"AMLGPU_CONFIG": "no/such/folder"})


def test_a_value_that_no_yaml_can_be_is_an_error_of_the_setting() -> None:
    for value in ("[" * 5000 + "]" * 5000, "9" * 5000, "2020-99-99", "!!int x"):
        with pytest.raises(ConfigError, match=r"service\.replicas"):
            load_settings("local", {"service.replicas": value}, environ={})
