"""What a notebook may be told: its cell tagged “parameters”, and values checked against it before anything runs.

The cell is read as papermill reads it: ``name: type = default  # help``. Where it says no type, the default tells it.
A parameter whose value is ``...`` must be given. Values are text as typed; a text stays text, so that “0042” and
“101” name courses.
"""

from __future__ import annotations

import ast
import io
import math
import re
import tokenize
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..choosing import near_misses
from ..errors import UnknownNameError, UsageError

if TYPE_CHECKING:
    from nbformat import NotebookNode

_KINDS = ("str", "int", "float", "bool", "list", "dict")
_TRUTH = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_EXPECTED = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "list": "a list, such as [BIO101, CHEM7]",
    "dict": "a mapping, such as {a: 1}",
}


@dataclass(frozen=True)
class Parameter:
    """One parameter of a notebook.

    Args:
        name: what it is called.
        kind: "str", "int", "float", "bool", "list", "dict", or "" where nothing tells.
        default: its value as the cell writes it; ``...`` for one that must be given.
        help: what the comment behind it says.
        of_text: of a list: whether its elements are texts.
        optional: whether None may be given.
    """

    name: str
    kind: str
    default: str
    help: str
    of_text: bool = False
    optional: bool = False

    @property
    def required(self) -> bool:
        """Whether it must be given."""
        return self.default == "..."


def read(notebook: NotebookNode) -> dict[str, Parameter]:
    """Return the parameters of *notebook* by name; none where no cell is tagged “parameters”.

    Raises:
        UsageError: the cell is not Python.
    """
    tagged = (cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", ()))
    cell = next(tagged, None)
    if cell is None:
        return {}
    source = "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in cell.source.splitlines())
    try:
        statements, comments = ast.parse(source).body, _comments(source)
    except (SyntaxError, tokenize.TokenError) as error:
        raise UsageError("The notebook's cell of parameters is not Python.") from error
    found = [_parameter(statement, source, comments) for statement in statements]
    return {parameter.name: parameter for parameter in found if parameter is not None}


def fill(parameters: Mapping[str, Parameter], given: Mapping[str, object], raw: Iterable[str] = ()) -> dict[str, Any]:
    """Return *given* with each value as its parameter's type has it.

    Args:
        parameters: what the notebook takes.
        given: texts, or lists and mappings of texts.
        raw: names whose text is taken as it is.

    Raises:
        UnknownNameError: a name is none of the notebook's; near misses are suggested.
        UsageError: a parameter that must be given is missing, or a value does not fit.
    """
    _check_names(parameters, given)
    as_it_is = set(raw)
    return {name: value if name in as_it_is else _typed(parameters[name], value) for name, value in given.items()}


def described(parameters: Mapping[str, Parameter]) -> str:
    """Return the parameters as a listing: name, type, default, and what it is for."""
    lines = []
    for parameter in parameters.values():
        default = "must be given" if parameter.required else f"default {parameter.default}"
        kind = f"{parameter.kind}, " if parameter.kind else ""
        lines.append(f"  {parameter.name}  ({kind}{default})")
        lines += [f"      {parameter.help}"] if parameter.help else []
    return "\n".join(lines)


# --- Reading the cell -----------------------------------------------------------------------------


def _comments(source: str) -> dict[int, str]:
    """Return the comment of each line that ends with one."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.start[0]: token.string.lstrip("# ").rstrip() for token in tokens if token.type == tokenize.COMMENT}


def _parameter(statement: ast.stmt, source: str, comments: Mapping[int, str]) -> Parameter | None:
    target: ast.expr | None = None
    told = ""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
    elif isinstance(statement, ast.AnnAssign):
        target, told = statement.target, ast.unparse(statement.annotation).strip("'\"")
    value = getattr(statement, "value", None)
    if not isinstance(target, ast.Name) or value is None:
        return None
    said = comments.get(statement.end_lineno or statement.lineno, "")
    if typed := re.match(r"type:\s*(\S+)\s*(.*)", said):  # papermill's other way to tell a type
        told, said = told or typed[1], typed[2]
    default = " ".join((ast.get_source_segment(source, value) or "").split())
    kind = next((word for word in re.findall(r"\w+", told.lower()) if word in _KINDS), "") or _kind_of(value)
    return Parameter(
        name=target.id,
        kind=kind,
        default=default,
        help=said,
        of_text=kind == "list" and ("list[str]" in told.lower() or _holds_text(value)),
        optional="None" in told or "Optional" in told or default == "None",
    )


def _kind_of(value: ast.expr) -> str:
    try:
        kind = type(ast.literal_eval(value)).__name__
    except (ValueError, SyntaxError):  # an expression: anything may come of it
        return ""
    return kind if kind in _KINDS else ""


def _holds_text(value: ast.expr) -> bool:
    return isinstance(value, ast.List) and bool(value.elts) and all(_kind_of(item) == "str" for item in value.elts)


# --- Checking values ------------------------------------------------------------------------------


def _check_names(parameters: Mapping[str, Parameter], given: Mapping[str, object]) -> None:
    if unknown := [name for name in given if name not in parameters]:
        first = unknown[0]
        if not parameters:
            hint = "It takes none: no cell of it is tagged “parameters”."
        else:
            hint = near_misses(first, parameters)
        others = f" Nor are {', '.join(f'“{name}”' for name in unknown[1:])}." if unknown[1:] else ""
        raise UnknownNameError(f"“{first}” is no parameter of this notebook.{others} Nothing was run.", hint=hint)
    missing = [name for name, parameter in parameters.items() if parameter.required and name not in given]
    if missing:
        asked = " ".join(f"-p {name}=…" for name in missing)
        raise UsageError(f"This notebook must be told {', '.join(missing)}. Nothing was run.", hint=f"Add {asked}.")


def _typed(parameter: Parameter, value: object) -> Any:
    """Return *value* as the parameter's type; None for the word None where nothing else is meant."""
    if parameter.kind in ("list", "dict") and isinstance(value, str) and value.strip() not in ("None", "null"):
        value = from_yaml(value, parameter.name)
    if isinstance(value, (list, dict)):
        wanted = {list: "list", dict: "dict"}[type(value)]
        if parameter.kind in ("", wanted):
            return _resolved_inside(value, parameter.of_text)
        raise _unfit(parameter)
    text = str(value)
    if parameter.kind == "str":
        return text
    if text in ("None", "null") and (parameter.optional or not parameter.kind):
        return None
    if not parameter.kind:
        return resolved(text)
    try:
        return _CONVERT[parameter.kind](text.strip())
    except (KeyError, ValueError):
        raise _unfit(parameter) from None


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


_CONVERT: Mapping[str, Callable[[str], Any]] = {
    "int": int,
    "float": _number,
    "bool": lambda text: _TRUTH[text.casefold()],
}


def _unfit(parameter: Parameter) -> UsageError:
    expected = _EXPECTED.get(parameter.kind, "one text")
    return UsageError(f"The parameter “{parameter.name}” must be {expected}. Nothing was run.")


def from_yaml(text: str, what: str) -> Any:
    """Return YAML as lists, mappings and texts: no number is made of a text, so that no id loses its zeros.

    Raises:
        UsageError: *what* is not YAML.
    """
    import yaml  # type: ignore[import-untyped]

    try:
        return yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - makes texts, lists and mappings, nothing else
    except yaml.YAMLError as error:
        raise UsageError(f"{what} cannot be read as YAML. Nothing was run.") from error


def resolved(text: str) -> Any:
    """Return a text as papermill takes it where no type is told: True, False, None, a number, or the text.

    Unlike papermill's, a number that begins with a zero stays a text: it is an id.
    """
    if text in ("True", "False", "None"):
        return ast.literal_eval(text)
    if re.fullmatch(r"[+-]?(0|[1-9]\d*)", text):
        return int(text)
    if re.fullmatch(r"[+-]?(0|[1-9]\d*)?\.\d+([eE][+-]?\d+)?|[+-]?[1-9]\d*[eE][+-]?\d+", text):
        return float(text)
    return text


def _resolved_inside(value: Any, of_text: bool) -> Any:
    if isinstance(value, list):
        return [_resolved_inside(item, of_text) for item in value]
    if isinstance(value, dict):
        return {name: _resolved_inside(item, of_text) for name, item in value.items()}
    return value if of_text else resolved(value)
