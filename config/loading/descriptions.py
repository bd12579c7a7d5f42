"""What a key of the settings is: the text below its field, read from the source when somebody asks.

pydantic's own switch for that, use_attribute_docstrings, reads the sources of all fields whenever they are imported:
half of the time that importing the settings takes, in each verb and step.
"""

import ast
import inspect
import textwrap
from functools import cache
from itertools import pairwise

from pydantic import BaseModel


def description(model: type[BaseModel], field: str) -> str:
    """Of a field that the model has itself or by inheritance; empty where nothing is below it."""
    return next((texts[field] for one in model.__mro__ if field in (texts := _texts(one))), "")


@cache
def _texts(model: type) -> dict[str, str]:
    if model is BaseModel or not issubclass(model, BaseModel):
        return {}
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in pairwise(_body(model))
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str)
    }


def _body(model: type) -> list[ast.stmt]:
    try:
        source = inspect.getsource(model)
    except OSError:  # installed without its sources
        return []
    definition = ast.parse(textwrap.dedent(source)).body[0]
    return definition.body if isinstance(definition, ast.ClassDef) else []
