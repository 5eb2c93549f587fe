"""Spec files: YAML in, ``SpecFile`` out, and one sentence about what is wrong with it."""

from __future__ import annotations

import types
import typing
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mlops_core.domain.configs import SpecFile, SplitStrategy
from mlops_core.errors import InvalidInput
from mlops_core.i18n import N_, _
from mlops_core.services.yaml_core import Loader

MAX_BYTES = 1_000_000
# Where text is expected, so that a whole number there is taken as it was written.
_TEXTS: dict[str, tuple[str, ...]] = {
    "": ("name", "version", "description"),
    "dataset": ("path", "name", "target", "positive_class"),
    "evaluation": ("group_column", "time_column"),
}
_SPLIT_COLUMNS = {"group_column": SplitStrategy.GROUPED, "time_column": SplitStrategy.TIME}
# The beginnings of pydantic's kinds of errors, and what is wanted where they arise.
_WANTED = {
    "int_": N_("a whole number"),
    "float_": N_("a number"),
    "bool_": N_("true or false"),
    "string_": N_("text"),
    "tuple_": N_("a list"),
    "dict_": N_("keys with values"),
    "model_": N_("keys with values"),
}
_TEXT_LISTS: dict[str, tuple[str, ...]] = {"": ("tags",), "features": ("include", "exclude")}


def load_spec(path: Path) -> SpecFile:
    """Read a spec file.

    Raises:
        InvalidInput: it cannot be read or understood; the message says where, ``field`` is dotted.
    """
    text = _read(path)
    try:
        node = yaml.compose(text, Loader=Loader)
        content = yaml.load(text, Loader=Loader)  # noqa: S506 - a child of SafeLoader
    except yaml.MarkedYAMLError as error:
        raise _not_yaml(path, error) from None
    except yaml.YAMLError as error:
        raise InvalidInput(
            _("{file} is not valid YAML: {reason}.").format(
                file=path.name, reason=str(error).splitlines()[0]
            )
        ) from None
    except RecursionError:
        raise InvalidInput(
            _("{file} is nested too deeply.").format(file=path.name),
            _("A spec has two levels."),
        ) from None
    if not isinstance(content, dict):
        raise InvalidInput(
            _("{file} is not a spec: it has no keys.").format(file=path.name),
            _("It needs at least name, dataset and model."),
        )
    try:
        spec = SpecFile.model_validate(_with_texts(content))
    except ValidationError as error:
        raise _located(path, node, content, error.errors()) from None
    return _with_split_named(path, node, spec)


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise InvalidInput(
                _("{file} is too large to be a spec.").format(file=path),
                _("A data file is added with: dataset add."),
            )
        return content.decode("utf-8-sig")
    except FileNotFoundError:
        raise InvalidInput(
            _("There is no file {file}.").format(file=path), _("Check the path.")
        ) from None
    except UnicodeDecodeError:
        raise InvalidInput(
            _("{file} is not a text file in UTF-8.").format(file=path), _("Save it as UTF-8.")
        ) from None
    except OSError as error:
        raise InvalidInput(
            _("{file} cannot be read: {reason}.").format(file=path, reason=error.strerror)
        ) from None


def _with_split_named(path: Path, node: yaml.Node | None, spec: SpecFile) -> SpecFile:
    """``spec`` with the strategy that its group or time column asks for.

    Raises:
        InvalidInput: a column is named that this split would silently leave unused.
    """
    evaluation = spec.evaluation
    named = [field for field in _SPLIT_COLUMNS if getattr(evaluation, field)]
    automatic = evaluation.strategy is SplitStrategy.AUTO
    if automatic and len(named) == 1:
        settled = evaluation.model_copy(update={"strategy": _SPLIT_COLUMNS[named[0]]})
        return spec.model_copy(update={"evaluation": settled})
    for field in named:
        if _SPLIT_COLUMNS[field] is not evaluation.strategy:
            place = _("{file}, line {line}").format(
                file=path.name, line=_line(node, ("evaluation", field))
            )
            message = _("evaluation.{field} has no use in a split with the strategy {strategy}.")
            raise InvalidInput(
                f"{place}: {message.format(field=field, strategy=evaluation.strategy)}",
                _("Write strategy: {strategy}, or remove it.").format(
                    strategy=_SPLIT_COLUMNS[field]
                ),
                field=f"evaluation.{field}",
            )
    return spec


def _not_yaml(path: Path, error: yaml.MarkedYAMLError) -> InvalidInput:
    place = path.name
    if error.problem_mark is not None:
        place = _("{file}, line {line}").format(file=path.name, line=error.problem_mark.line + 1)
    return InvalidInput(
        _("{place} is not valid YAML: {reason}.").format(
            place=place, reason=error.problem or error.context
        ),
        _("Check quotes, colons and indentation there."),
    )


def _with_texts(content: dict[Any, Any]) -> dict[Any, Any]:
    """``content`` with whole numbers as text where only text can be meant: a column ``2024``."""
    done = {
        key: dict(value) if isinstance(value, dict) else value for key, value in content.items()
    }
    for part, names in _TEXTS.items():
        holder = _part(done, part)
        holder.update({name: _text(holder[name]) for name in names if name in holder})
    for part, names in _TEXT_LISTS.items():
        holder = _part(done, part)
        for name in names:
            if isinstance(items := holder.get(name), list):
                holder[name] = [_text(item) for item in items]
    features = _part(done, "features")
    if isinstance(roles := features.get("roles"), dict):
        features["roles"] = {_text(name): role for name, role in roles.items()}
    return done


def _part(content: dict[Any, Any], name: str) -> dict[Any, Any]:
    """The group of keys of this name, the whole for no name; empty where there is none."""
    part = content.get(name) if name else content
    return part if isinstance(part, dict) else {}


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _located(
    path: Path, node: yaml.Node | None, content: dict[Any, Any], errors: Sequence[ErrorDetails]
) -> InvalidInput:
    # A misspelt key says more than the missing one that it was meant to be.
    error = min(errors, key=lambda error: error["type"] != "extra_forbidden")
    real = _real_path(content, error["loc"])
    field = ".".join(map(str, real))
    place = _("{file}, line {line}").format(file=path.name, line=_line(node, real))
    message, hint = _explain(error, field, real)
    return InvalidInput(f"{place}: {message}", hint, field=field)


def _real_path(content: Any, location: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """The part of pydantic's ``location`` that stands in the file; the rest names alternatives."""
    real: list[int | str] = []
    here = content
    for step in location:
        is_key = isinstance(here, dict) and step in here
        is_place = isinstance(here, list) and isinstance(step, int) and step < len(here)
        if is_key or is_place:
            here = here[step]
            real.append(step)
        elif isinstance(here, dict) and step == location[-1]:
            real.append(step)  # a key that is missing
            break
        elif not (isinstance(here, list) and not isinstance(step, int)):
            break
    return tuple(real)


def _line(node: yaml.Node | None, path: Sequence[int | str]) -> int:
    """The line, from 1, of the deepest part of ``path`` that there is."""
    line = node.start_mark.line if node is not None else 0
    for step in path:
        if isinstance(node, yaml.MappingNode):
            pairs = {key.value: (key, value) for key, value in node.value}
            if str(step) not in pairs:
                break
            key, node = pairs[str(step)]
            line = key.start_mark.line
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
            line = node.start_mark.line
        else:
            break
    return int(line) + 1


def _explain(error: ErrorDetails, field: str, real: tuple[int | str, ...]) -> tuple[str, str]:
    """What is wrong at ``field``, and what to do."""
    value, kind = error["input"], error["type"]
    if kind == "extra_forbidden":
        known = _keys_beside(real)
        near = get_close_matches(str(real[-1]), known, n=1)
        if near:
            hint = _("Did you mean {name}?").format(name=near[0])
        else:
            hint = _("It can be one of: {names}.").format(names=", ".join(known))
        return _("there is no key {name!r} in a spec.").format(name=field), hint
    if kind == "missing":
        return _("{field} is missing.").format(field=field), _("Add it.")
    if kind == "value_error":
        said = error["msg"].removeprefix("Value error, ")
        text = f"{field}: {said}." if field else f"{said}."
        return text, ""
    if real[:2] == ("model", "params") and len(real) > 2:
        return _("{field} takes a single value.").format(field=field), ""
    if field == "features.include":
        text = _("features.include is {value}; it takes all or a list of columns.")
        return text.format(value=_shown(value)), ""
    if field == "version":
        text = _("version is {value}; it takes three numbers.").format(value=_shown(value))
        return text, _("Write it like 1.0.0.")
    if kind == "string_type" and isinstance(value, bool | int | float):
        text = _("{field} is {value}, which YAML reads as a number or as true or false.")
        return text.format(field=field, value=_shown(value)), _("Put it in quotes.")
    if kind == "none_required" or value is None:
        return _("{field} has no value.").format(field=field), _("Give it one or remove it.")
    for beginning, wanted in _WANTED.items():
        if kind.startswith(beginning):
            text = _("{field} is {value}; it takes {wanted}.")
            return text.format(field=field, value=_shown(value), wanted=_(wanted)), ""
    reason = error["msg"].replace("Input", "it", 1)
    return f"{field} is {_shown(value)}; {reason}.", ""


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return _("a group of keys")
    if isinstance(value, list):
        return _("a list")
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _keys_beside(path: tuple[int | str, ...]) -> list[str]:
    """The keys that could stand where the last step of ``path`` stands."""
    model: type[BaseModel] = SpecFile
    for step in path[:-1]:
        inner = _model_in(model.model_fields[str(step)].annotation)
        if inner is None:
            return []
        model = inner
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return next(filter(None, map(_model_in, typing.get_args(annotation))), None)
    is_model = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return annotation if is_model else None
