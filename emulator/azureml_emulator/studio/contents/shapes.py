"""Parts of documents in the shapes that pages need. Clients may have written others: a page shows the rest."""

from azureml_emulator.wire import Document


def mapping(value: object) -> Document:
    return value if isinstance(value, dict) else {}


def mappings(value: object) -> list[Document]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def pairs(value: object) -> dict[str, str]:
    """Tags, properties or parameters."""
    return {key: "" if one is None else str(one) for key, one in mapping(value).items()}
