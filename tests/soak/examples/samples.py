"""Which samples run, and what of each is changed or left out."""

from dataclasses import dataclass, field

COMMIT = "085cd6ea399038c1e07843acff811f34261c0887"
_CLUSTER = {"<COMPUTE_NAME>": "k8s-compute", "<CLUSTER_NAME>": "aks"}
_PIPELINES, _ONLINE, _BATCH = "jobs/pipelines", "endpoints/online", "endpoints/batch/deploy-pipelines"
_DATA_ASSETS = ("WorkspaceConnection", "DataImport", "schedules.", "import_schedule")


@dataclass(frozen=True)
class Sample:
    notebook: str
    """Its path below sdk/python."""
    changes: dict[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    """Cells with one of these texts."""


SAMPLES = (
    Sample(f"{_PIPELINES}/1a_pipeline_with_components_from_yaml/pipeline_with_components_from_yaml.ipynb"),
    Sample(f"{_PIPELINES}/1e_pipeline_with_registered_components/pipeline_with_registered_components.ipynb"),
    Sample(
        f"{_PIPELINES}/1j_pipeline_with_pipeline_component/nyc_taxi_data_regression_with_pipeline_component/"
        "nyc_taxi_data_regression_with_pipeline_component.ipynb"
    ),
    Sample(
        f"{_PIPELINES}/1j_pipeline_with_pipeline_component/pipeline_with_train_eval_pipeline_component/"
        "pipeline_with_train_eval_pipeline_component.ipynb"
    ),
    Sample(f"{_PIPELINES}/2c_nyc_taxi_data_regression/nyc_taxi_data_regression.ipynb"),
    Sample(f"{_PIPELINES}/stepsequence/pipeline_with_step_sequence_dummy_dependencies.ipynb"),
    Sample("schedules/job-schedule.ipynb"),
    Sample("assets/component/component.ipynb"),
    Sample("assets/data/data.ipynb", left_out=_DATA_ASSETS),
    Sample("assets/environment/environment.ipynb"),
    Sample("assets/model/model.ipynb"),
    Sample("resources/compute/compute.ipynb", left_out=("ci_minimal_name", "ci_basic_name")),
    Sample(f"{_ONLINE}/managed/online-endpoints-simple-deployment.ipynb", left_out=("local=True",)),
    Sample(f"{_ONLINE}/managed/online-endpoints-safe-rollout.ipynb", left_out=("mirror_traffic", "mirror traffic")),
    Sample(f"{_ONLINE}/managed/online-endpoints-multimodel.ipynb"),
    Sample(f"{_ONLINE}/managed/online-endpoints-inference-schema.ipynb"),
    Sample(f"{_ONLINE}/managed/online-endpoints-openapi.ipynb"),
    Sample(f"{_ONLINE}/mlflow/online-endpoints-deploy-mlflow-model-with-script.ipynb"),
    Sample(f"{_ONLINE}/kubernetes/kubernetes-online-endpoints-simple-deployment.ipynb", _CLUSTER, ("local=True",)),
    Sample(f"{_ONLINE}/kubernetes/kubernetes-online-endpoints-safe-rollout.ipynb", _CLUSTER),
    Sample(f"{_BATCH}/hello-batch/sdk-deploy-and-test.ipynb"),
    Sample(f"{_BATCH}/training-with-components/sdk-deploy-and-test.ipynb"),
)
