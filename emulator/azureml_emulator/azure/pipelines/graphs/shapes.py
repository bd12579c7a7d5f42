"""What a module, a graph and its parameters must be like."""

from typing import Annotated, Any

from pydantic import Field
from typing_extensions import NotRequired, Required, TypedDict

from azureml_emulator.server.requests.shapes import FileName, Items, Path, Reference, Scalar, Texts


class Port(TypedDict, total=False):
    """An input or output of a module."""

    Name: Required[FileName]
    DataTypeId: str | None
    DataTypeIdsList: Items[str] | None
    IsOptional: bool | None
    DataStoreMode: Scalar | None
    PathOnCompute: Path | None
    AdditionalTransformations: str | None


class Parameter(TypedDict, total=False):
    Name: Required[Reference]
    DefaultValue: Scalar | None
    IsOptional: bool | None
    SetEnvironmentVariable: bool | None
    EnvironmentVariableOverride: Reference | None


class Argument(TypedDict):
    ValueType: Scalar
    Value: Scalar


class StructuredInterface(TypedDict, total=False):
    Inputs: Items[Port] | None
    Outputs: Items[Port] | None
    Parameters: Items[Parameter] | None
    MetadataParameters: Items[Parameter] | None
    Arguments: Items[Argument] | None


class Module(TypedDict, total=False):
    Name: Required[Reference]
    Description: str | None
    StorageId: Reference
    StructuredInterface: Required[StructuredInterface]
    Runconfig: str | None
    IdentifierHash: str | None
    ModuleType: Scalar | None
    ModuleExecutionType: str | None
    StepType: str | None
    IsDeterministic: bool | None
    Properties: Texts | None


class ModuleVersion(Module, total=False):
    AmlModuleId: Required[Reference]
    Version: str | None
    SetAsDefaultVersion: bool | None


class NewAzureMLModule(TypedDict, total=False):
    Name: Required[Reference]
    Description: str | None


class VersionOfModule(TypedDict, total=False):
    ModuleVersionId: Required[Reference]
    Version: str | None


class AzureMLModule(TypedDict, total=False):
    Name: Reference | None
    Description: str | None
    DefaultVersion: str | None
    Versions: Items[VersionOfModule] | None
    EntityStatus: Scalar | None


class VersionChanges(TypedDict, total=False):
    Description: str | None
    EntityStatus: Scalar | None


class ChangedVersion(TypedDict):
    Data: VersionChanges


class DataType(TypedDict, total=False):
    Id: Reference | None
    Name: Reference | None
    Description: str | None
    IsDirectory: bool | None
    ParentDataTypeIds: Items[str] | None


class DataSource(TypedDict, total=False):
    Name: Required[Reference]
    Description: str | None
    DataTypeId: str | None
    IdentifierHash: str | None
    DataStoreName: Required[Reference]
    PathOnDataStore: Path | None


class Given(TypedDict, total=False):
    """The value of a module's parameter."""

    Name: Required[Reference]
    Value: Scalar | None
    ValueType: Scalar | None


class InputSetting(TypedDict, total=False):
    Name: Required[FileName]
    DataStoreMode: Scalar | None
    PathOnCompute: Path | None
    AdditionalTransformations: str | None


class Globs(TypedDict, total=False):
    GlobPatterns: Items[str] | None


class OutputOptions(TypedDict, total=False):
    PathOnDatastore: Path | None
    SourceGlobs: Globs | None


class Registration(TypedDict, total=False):
    Name: Reference | None
    Description: str | None
    Tags: Texts | None
    CreateNewVersion: bool | None
    AdditionalTransformations: str | None


class OutputSetting(InputSetting, total=False):
    DataStoreName: Reference | None
    Overwrite: bool | None
    DatasetOutputOptions: OutputOptions | None
    DatasetRegistration: Registration | None


class ModuleNode(TypedDict, total=False):
    Id: Required[Reference]
    ModuleId: Required[Reference]
    ModuleParameters: Items[Given] | None
    ModuleMetadataParameters: Items[Given] | None
    ModuleInputSettings: Items[InputSetting] | None
    ModuleOutputSettings: Items[OutputSetting] | None
    Runconfig: str | None
    RegenerateOutput: bool | None


class DataPath(TypedDict, total=False):
    DataStoreName: Required[Reference]
    RelativePath: Path | None
    SqlDataPath: Any


class SavedReference(TypedDict):
    Id: Reference


class RegisteredReference(TypedDict, total=False):
    Id: Reference | None
    Version: str | None


class DatasetValue(TypedDict, total=False):
    LiteralValue: DataPath | None
    SavedDataSetReference: SavedReference | None
    DataSetReference: RegisteredReference | None


class DatasetDefinition(TypedDict, total=False):
    ParameterName: Reference | None
    Value: DatasetValue | None


class DatasetNode(TypedDict, total=False):
    Id: Required[Reference]
    DatasetId: Reference | None
    DataPathParameterName: Reference | None
    DataSetDefinition: DatasetDefinition | None


class NodePort(TypedDict, total=False):
    NodeId: Reference | None
    PortName: Reference | None
    GraphPortName: Reference | None


class Edge(TypedDict):
    SourceOutputPort: NodePort
    DestinationInputPort: NodePort


class Graph(TypedDict, total=False):
    Id: Reference | None
    ModuleNodes: Required[Annotated[Items[ModuleNode], Field(max_length=10_000)]]
    DatasetNodes: Items[DatasetNode] | None
    Edges: Required[Items[Edge]]


class DataPathParameter(TypedDict):
    Name: Reference
    DefaultValue: NotRequired[DataPath | None]


class DatasetParameter(TypedDict):
    Name: Reference
    DefaultValue: NotRequired[DatasetValue | None]


class Interface(TypedDict, total=False):
    """The parameters of a graph."""

    Parameters: Items[Parameter] | None
    DataPathParameters: Items[DataPathParameter] | None
    DataPathParameterList: Items[DatasetParameter] | None


class GraphWithInterface(TypedDict, total=False):
    Graph: Required[Graph]
    GraphInterface: Interface | None
