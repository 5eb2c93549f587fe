"""An unfitted estimator as the Python expression that makes it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from inspect import signature
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

WIDTH = 96


@dataclass
class Renderer:
    """Writes expressions and notes what they need.

    Attributes:
        names: Values that stand for something that is known only in the script, by what is written
            in their place.
        imports: (module, name, alias) of every class of a library that was written.
        carried: Classes of this project that were written.
    """

    names: Mapping[Any, str]
    imports: set[tuple[str, str | None, str]] = field(default_factory=set)
    carried: dict[type, None] = field(default_factory=dict)

    def write(self, value: Any, indent: int = 0, before: int = 0) -> str:
        """``value`` as an expression.

        Args:
            indent: Blanks that its line starts with.
            before: Characters that stand before it in its line, those blanks included.
        """
        flat = self._flat(value)
        if len(flat) + before <= WIDTH or not self._is_made(value):
            return flat
        inner = " " * (indent + 4)
        if isinstance(value, Pipeline):
            deeper = indent + 8
            steps = [
                f'{" " * deeper}("{name}", {self.write(step, deeper, deeper + len(name) + 7)}),'
                for name, step in value.steps
            ]
            return "\n".join(["Pipeline(", f"{inner}[", *steps, f"{inner}]", " " * indent + ")"])
        lines = [
            f"{inner}{name}={self.write(given, indent + 4, indent + 6 + len(name))},"
            for name, given in self._arguments(value)
        ]
        return "\n".join([f"{type(value).__name__}(", *lines, " " * indent + ")"])

    def _flat(self, value: Any) -> str:
        if value.__hash__ is not None and value in self.names and not isinstance(value, bool):
            return self.names[value]
        if isinstance(value, float) and not math.isfinite(value):
            return f'float("{value}")'
        if isinstance(value, Pipeline):
            self._note(Pipeline)
            steps = (f'("{name}", {self._flat(step)})' for name, step in value.steps)
            return f"Pipeline([{', '.join(steps)}])"
        if self._is_made(value):
            self._note(type(value))
            given = (f"{name}={self._flat(one)}" for name, one in self._arguments(value))
            return f"{type(value).__name__}({', '.join(given)})"
        return repr(value)

    @staticmethod
    def _is_made(value: Any) -> bool:
        return isinstance(value, BaseEstimator) or hasattr(value, "get_n_splits")

    @staticmethod
    def _arguments(value: Any) -> list[tuple[str, Any]]:
        """What differs from the defaults, in the order of the signature."""
        found = []
        for name, parameter in signature(type(value).__init__).parameters.items():
            if name == "self" or parameter.kind in (
                parameter.VAR_POSITIONAL,
                parameter.VAR_KEYWORD,
            ):
                continue
            given = getattr(value, name)
            default = parameter.default
            same = type(given) is type(default) and (given == default or given is default)
            if not same:
                found.append((name, given))
        return found

    def _note(self, kind: type) -> None:
        if kind.__module__.split(".")[0] == "mlops_core":
            self.carried[kind] = None
        else:
            self.imports.add((public_home(kind), kind.__name__, kind.__name__))


def public_home(kind: type) -> str:
    """The shortest module of a library from which ``kind`` is meant to be imported."""
    parts = kind.__module__.split(".")
    for length in range(1, len(parts) + 1):
        name = ".".join(parts[:length])
        if getattr(import_module(name), kind.__name__, None) is kind:
            return name
    return kind.__module__
