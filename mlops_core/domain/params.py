"""Definitions of parameters: one object that the form, the trainer, the shell and tests read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import isfinite
from typing import Literal, TypeAlias

ParamValue: TypeAlias = bool | int | float | str | None
ParamValues: TypeAlias = Mapping[str, ParamValue]


class Task(StrEnum):
    CLASSIFICATION = "classification"
    REGRESSION = "regression"


class ParamKind(StrEnum):
    INT = "int"
    FLOAT = "float"
    CHOICE = "choice"
    BOOL = "bool"


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong with an input: where (dotted), what, and what to do."""

    field: str
    message: str
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class Param:
    """One parameter of an algorithm.

    Attributes:
        name: Its key in ``ModelConfig.params``, the estimator's own name where there is one.
        label: Sentence-case name for the form.
        kind: What values it takes.
        default: Value when nothing is said; ``None`` only where ``nullable``.
        help: One sentence on what it does to the model.
        low: Smallest value, inclusive (numbers only).
        high: Largest value, inclusive (numbers only).
        choices: The values of a choice.
        log: The scale is logarithmic: forms step by factors, searches sample by log.
        nullable: ``None`` is a value ("no limit", "automatic"); ``none_label`` names it.
        tasks: The tasks it exists for; empty means every task of its algorithm.
        advanced: Shown behind "More parameters".
    """

    name: str
    label: str
    kind: ParamKind
    default: ParamValue
    help: str
    low: float | None = None
    high: float | None = None
    choices: Sequence[str] = ()
    log: bool = False
    nullable: bool = False
    none_label: str = "No limit"
    tasks: frozenset[Task] = frozenset()
    advanced: bool = False

    def applies_to(self, task: Task) -> bool:
        return not self.tasks or task in self.tasks

    def problem(self, value: object) -> Problem | None:
        """What is wrong with ``value``, or ``None``."""
        if value is None:
            if self.nullable:
                return None
            return self._problem("needs a value.")
        match self.kind:
            case ParamKind.BOOL:
                if not isinstance(value, bool):
                    return self._problem(f"is {value!r}; it takes true or false.")
            case ParamKind.CHOICE:
                if value not in self.choices:
                    options = ", ".join(self.choices)
                    return self._problem(f"is {value!r}; it takes one of: {options}.")
            case ParamKind.INT | ParamKind.FLOAT:
                return self._number_problem(value)
        return None

    def _number_problem(self, value: object) -> Problem | None:
        whole = self.kind is ParamKind.INT
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            kind = "a whole number" if whole else "a number"
            return self._problem(f"is {value!r}; it takes {kind}.")
        if whole and value != int(value):
            return self._problem(f"is {value}; it takes a whole number.")
        if self.low is not None and value < self.low:
            return self._problem(f"is {value:g}; the smallest allowed is {self.low:g}.")
        if self.high is not None and value > self.high:
            return self._problem(f"is {value:g}; the largest allowed is {self.high:g}.")
        return None

    def _problem(self, what: str) -> Problem:
        return Problem(field=f"params.{self.name}", message=f"{self.label} {what}")


CombinationCheck: TypeAlias = Callable[[ParamValues, Task], Sequence[Problem]]


def no_combination_problems(values: ParamValues, task: Task) -> Sequence[Problem]:
    """Every combination is fine."""
    return ()


@dataclass(frozen=True, kw_only=True)
class BuildContext:
    """What an estimator may know of the run that builds it."""

    task: Task
    seed: int
    n_jobs: int
    classes: int = 0  # 0 for regression
    rows: int = 0
    columns: int = 0


@dataclass(frozen=True, kw_only=True)
class Algorithm:
    """Something that can be trained.

    ``build`` imports scikit-learn inside itself: this object is read by processes that never may.

    Attributes:
        key: Its name in a spec (``random_forest``).
        label: Its name for people.
        family: linear, trees, ensembles, neighbors, svm, bayes, neural or baseline.
        summary: One line on when to use it.
        tasks: What it can learn.
        params: Its parameters, most important first.
        build: Values (complete, validated) and context to an unfitted estimator.
        check: Problems between parameters that are each fine alone.
        scale: It wants numbers on one scale.
        encode: How categories suit it best.
        handles_missing: Missing numbers may stay missing.
        needs_dense: It refuses a sparse matrix.
        curve: What a live curve can be measured on, or ``none``.
    """

    key: str
    label: str
    family: str
    summary: str
    tasks: frozenset[Task]
    params: tuple[Param, ...]
    build: Callable[[ParamValues, BuildContext], object]
    check: CombinationCheck = no_combination_problems
    scale: bool = False
    encode: Literal["onehot", "ordinal", "native"] = "onehot"
    handles_missing: bool = False
    needs_dense: bool = False
    curve: Literal["none", "iterations"] = "none"
    aliases: tuple[str, ...] = field(default=())

    def params_for(self, task: Task) -> tuple[Param, ...]:
        return tuple(param for param in self.params if param.applies_to(task))

    def defaults(self, task: Task) -> dict[str, ParamValue]:
        return {param.name: param.default for param in self.params_for(task)}

    def complete(self, values: ParamValues, task: Task) -> dict[str, ParamValue]:
        """``values`` with every missing parameter at its default."""
        return {**self.defaults(task), **values}

    def problems(self, values: ParamValues, task: Task) -> list[Problem]:
        """Everything that is wrong with ``values`` for ``task``, beside its field."""
        if task not in self.tasks:
            message = f"{self.label} cannot be used for {task.value}."
            return [Problem(field="algorithm", message=message, hint="Choose another algorithm.")]
        known = {param.name: param for param in self.params_for(task)}
        found: list[Problem] = []
        for name, value in values.items():
            if name not in known:
                found.append(self._unknown(name, known))
            elif problem := known[name].problem(value):
                found.append(problem)
        if not found:
            found.extend(self.check(self.complete(values, task), task))
        return found

    def _unknown(self, name: str, known: Mapping[str, Param]) -> Problem:
        return Problem(
            field=f"params.{name}",
            message=f"{self.label} has no parameter {name!r}.",
            hint=f"It has: {', '.join(known) or 'none'}.",
        )
