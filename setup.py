"""Packaging of aml-gpu-pipeline: `pip install -e .[local,sdk-v1]` gives the command `amlgpu`."""

from setuptools import find_packages, setup

# Exact: these four speak one private wire protocol and are only known to work as a set, below Python 3.12. pip refuses
# the extra on a later one; a marker would have it install nothing there.
SDK_V1 = [
    "azureml-core==1.61.0.post4",
    "azureml-pipeline-core==1.62.0",
    "azureml-pipeline-steps==1.62.0",
    "azureml-contrib-services==1.62.0",
    "setuptools<81",  # azureml-core imports pkg_resources, which setuptools 81 removed
]
# Exact: its adapter, workspaces/v2, knows what this one sends. It runs on Python 3.12 and 3.13, too.
SDK_V2 = ["azure-ai-ml==1.35.2", "azure-storage-blob>=12.26,<13"]
# The light CPU build where one is published, the full package elsewhere (Apple silicon, Arm Linux).
CPU_WHEEL = "(sys_platform == 'linux' or sys_platform == 'win32') and platform_machine != 'aarch64'"
TENSORFLOW_CPU = [
    f"tensorflow-cpu>=2.19,<2.22; {CPU_WHEEL}",
    "tensorflow>=2.19,<2.22; sys_platform == 'darwin' or platform_machine == 'aarch64'",
]
# Also in scoring/environment/, which is what runs on Azure; a test compares the two.
SCORING = [
    "azureml-inference-server-http==1.5.1",
    "gunicorn>=27,<28",
    "a2wsgi>=1.10,<1.11",
    "httptools>=0.6.4,<1",
    "numpy>=1.26,<3",
    "orjson>=3.10,<4",
    "pillow>=10,<13",
    "prometheus-client>=0.21,<1",
    "simplejpeg>=1.8,<2",  # for the code of earlier releases, which a local workspace goes on serving
    "uvicorn>=0.54,<0.55",  # scoring/worker.py builds on its protocol class
    "uvicorn-worker>=0.4,<0.5",
    "uvloop>=0.21,<1",
]
# What validation needs beside the service itself; in scoring/environment/ too.
VALIDATION = [
    "Jinja2>=3.1.6,<4",
    "matplotlib>=3.9,<4",
    "scipy>=1.12,<2",
]
# A distribution of its own, in emulator/: from a checkout, `pip install -e ./emulator -e .[local,sdk-v1]`.
EMULATOR = "azureml-emulator>=0.1,<0.2"
SAMPLE = ["scikit-learn>=1.5,<2"]

setup(
    name="aml-gpu-pipeline",
    version="0.1.0",
    description="From a TensorFlow SavedModel to a proven GPU web service on Azure ML, and the same on a laptop",
    license="MIT",
    python_requires=">=3.10,<3.14",
    packages=find_packages(include=[f"{name}*" for name in ("config", "pipelines", "scoring", "steps", "workspaces")]),
    py_modules=["amlgpu"],
    package_data={
        "config": ["*.yml", "*.json", "targets/*.yml", "services/*.yml"],
        "scoring": ["environment/*"],
        "steps.validation.report": ["templates/*.jinja"],
    },
    install_requires=[
        "azure-identity>=1.19,<2",
        "pydantic>=2.9,<3",
        "PyYAML>=6,<7",
        "requests>=2.32,<3",
        "rich>=13.9,<16",
        "typer>=0.15,<1",
    ],
    extras_require={
        "local": [*TENSORFLOW_CPU, *SCORING, *VALIDATION, EMULATOR, *SAMPLE],
        "drift": VALIDATION,
        "sdk-v1": SDK_V1,
        "sdk-v2": SDK_V2,
        "gpu": ["tensorflow[and-cuda]>=2.19,<2.22", *SCORING, *VALIDATION],
        "dev": [
            "azureml-mlflow>=1.62,<2",  # the plugin by which MLflow talks to a workspace, which is tested
            "check-jsonschema>=0.31,<1",
            "hypothesis>=6.120,<7",
            "mypy>=1.15,<3",
            "packaging>=23,<27",  # make lock: which wheels fit the image
            "playwright>=1.50,<2",  # with Debian's Chromium: tests/browser
            "pre-commit>=4,<5",
            "pytest>=8.3,<10",
            "pytest-timeout>=2.3,<3",
            "pytest-xdist>=3.6,<4",
            "pandas>=2.2,<4",  # for Dataset.to_pandas_dataframe, which is tested
            "psutil>=6,<8",
            "ruff>=0.11,<1",
            "schemathesis>=4,<5",
            "types-PyYAML",
            "types-psutil",
            "types-python-dateutil",
            "types-requests",
            "zizmor>=1.30,<2",
        ],
        "bench": ["matplotlib>=3.9,<4", "psutil>=6,<8", "ujson>=5.10,<7", "uvloop>=0.21,<1"],
    },
    entry_points={
        "console_scripts": ["amlgpu=amlgpu:main"],
    },
)
