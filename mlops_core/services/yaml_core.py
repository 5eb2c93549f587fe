"""YAML 1.2 (core schema) in and out: ``yes`` and ``2024-01-05`` are text, ``1e-3`` is a number.

PyYAML follows YAML 1.1, in which a class called ``no`` turns into false.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import yaml

_RESOLVERS: tuple[tuple[str, str, str], ...] = (
    ("tag:yaml.org,2002:null", r"^(?:~|null|Null|NULL)$", "~nN"),
    ("tag:yaml.org,2002:bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("tag:yaml.org,2002:int", r"^(?:[-+]?(?:0|[1-9][0-9]*))$", "-+0123456789"),
    (
        "tag:yaml.org,2002:float",
        r"^[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$",
        "-+.0123456789",
    ),
)


class Loader(yaml.SafeLoader):
    """Safe, and refuses a key that stands twice."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own shape

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _value in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(
                    None, None, "a key is not plain text", key_node.start_mark
                )
            if key_node.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key_node.value!r} stands twice", key_node.start_mark
                )
            seen.add(key_node.value)
        return super().construct_mapping(node, deep=deep)


class Dumper(yaml.SafeDumper):
    """Quotes whatever ``Loader``, or a reader of YAML 1.1, would take for something else."""


for _tag, _pattern, _first in _RESOLVERS:
    Loader.add_implicit_resolver(_tag, re.compile(_pattern), list(_first))
    Dumper.add_implicit_resolver(_tag, re.compile(_pattern), list(_first))
# An empty value is null; PyYAML files it under the empty first letter.
Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^$"), [""])


def _float(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> float:
    return float(loader.construct_scalar(node))


def _located(construct: Callable[[Any, Any], Any], what: str) -> Callable[[Any, Any], Any]:
    """``construct``, with a place in the file for a value that it cannot make: ``!!int many``."""

    def constructor(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Any:
        try:
            return construct(loader, node)
        except (ValueError, LookupError, AttributeError):
            problem = f"{node.value[:40]!r} is no {what}"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from None

    return constructor


for _name, _construct, _what in (
    ("int", yaml.SafeLoader.construct_yaml_int, "whole number"),
    ("float", _float, "number"),
    ("bool", yaml.SafeLoader.construct_yaml_bool, "truth value"),
    ("timestamp", yaml.SafeLoader.construct_yaml_timestamp, "time"),
):
    Loader.add_constructor(f"tag:yaml.org,2002:{_name}", _located(_construct, _what))


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # PyYAML folds these line ends of other alphabets away unless they are escaped.
    style = '"' if re.search("[\x85\u2028\u2029]", text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


Dumper.add_representer(str, _text)


def dump(content: dict[str, Any]) -> str:
    """``content`` as YAML, keys in their order, letters as they are."""
    text: str = yaml.dump(
        content, Dumper=Dumper, allow_unicode=True, sort_keys=False, default_flow_style=None
    )
    return text
