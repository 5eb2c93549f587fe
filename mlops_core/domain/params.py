"""Definitions of parameters: one object that the form, the trainer, the shell and tests read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.util import find_spec
from math import isfinite
from typing import Literal, TypeAlias

from mlops_core.i18n import N_, _

ParamValue: TypeAlias = bool | int | float | str | None
ParamValues: TypeAlias = Mapping[str, ParamValue]


class Task(StrEnum):
    CLASSIFICATION = "classification"
    REGRESSION = "regression"

    @property
    def word(self) -> str:
        """Its name inside a sentence, in the reader's language."""
        return _("classification") if self is Task.CLASSIFICATION else _("regression")


class ParamKind(StrEnum):
    INT = "int"
    FLOAT = "float"
    CHOICE = "choice"
    BOOL = "bool"


def short_number(number: float) -> str:
    """``200``, ``0.001``; of a whole number that no float can hold, its first digits."""
    try:
        return f"{number:g}"
    except OverflowError:
        return f"{str(number)[:12]}…"


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
    none_label: str = N_("No limit")
    tasks: frozenset[Task] = frozenset()
    advanced: bool = False

    def applies_to(self, task: Task) -> bool:
        return not self.tasks or task in self.tasks

    def problem(self, value: object) -> Problem | None:
        """What is wrong with ``value``, or ``None``."""
        if value is None:
            if self.nullable:
                return None
            return self._problem(_("{label} needs a value."))
        match self.kind:
            case ParamKind.BOOL:
                if not isinstance(value, bool):
                    return self._problem(
                        _("{label} is {value}; it takes true or false."), repr(value)
                    )
            case ParamKind.CHOICE:
                if value not in self.choices:
                    message = _("{label} is {value}; it takes one of: {allowed}.")
                    return self._problem(message, repr(value), ", ".join(self.choices))
            case ParamKind.INT | ParamKind.FLOAT:
                return self._number_problem(value)
        return None

    def _number_problem(self, value: object) -> Problem | None:
        whole = self.kind is ParamKind.INT
        # Only fractions are asked whether they are finite: a whole number may be too large for it.
        endless = isinstance(value, float) and not isfinite(value)
        if isinstance(value, bool) or not isinstance(value, int | float) or endless:
            if whole:
                return self._problem(_("{label} is {value}; it takes a whole number."), repr(value))
            return self._problem(_("{label} is {value}; it takes a number."), repr(value))
        if whole and value != int(value):
            return self._problem(_("{label} is {value}; it takes a whole number."), str(value))
        if self.low is not None and value < self.low:
            message = _("{label} is {value}; the smallest allowed is {allowed}.")
            return self._problem(message, short_number(value), f"{self.low:g}")
        if self.high is not None and value > self.high:
            message = _("{label} is {value}; the largest allowed is {allowed}.")
            return self._problem(message, short_number(value), f"{self.high:g}")
        return None

    def _problem(self, message: str, value: str = "", allowed: str = "") -> Problem:
        sentence = message.format(label=_(self.label), value=value, allowed=allowed)
        return Problem(field=f"params.{self.name}", message=sentence)


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
    device: Literal["cpu", "cuda"] = "cpu"
    classes: int = 0  # 0 for regression
    rows: int = 0
    columns: int = 0


@cache
def is_installed(package: str) -> bool:
    """Whether a package can be imported here; imports nothing."""
    return find_spec(package) is not None


def next_to_nothing(values: ParamValues, context: BuildContext) -> float:
    """No more than a few copies of the design matrix, which everybody makes."""
    return 0.0


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
        package: What has to be installed beside the app for it, by its import name.
        on_gpu: It trains on a GPU where it is given one.
        fit_bytes: About how much memory a fit and its model take beside the design matrix.
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
    fit_bytes: Callable[[ParamValues, BuildContext], float] = next_to_nothing
    package: str = ""
    on_gpu: bool = False
    aliases: tuple[str, ...] = field(default=())

    @property
    def is_installed(self) -> bool:
        """Whether what it needs is there."""
        return not self.package or is_installed(self.package)

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
            return [self._wrong_task(task)]
        if not self.is_installed:
            return [self.not_installed()]
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

    def not_installed(self) -> Problem:
        """What to say where its package is missing."""
        return Problem(
            field="algorithm",
            message=_("{label} is not installed on this machine.").format(label=_(self.label)),
            hint=_("Run “make {package}” beside the app and start it again.").format(
                package=self.package
            ),
        )

    def _wrong_task(self, task: Task) -> Problem:
        message = _("{label} cannot be used for {task}.")
        return Problem(
            field="algorithm",
            message=message.format(label=_(self.label), task=task.word),
            hint=_("Choose another algorithm."),
        )

    def _unknown(self, name: str, known: Mapping[str, Param]) -> Problem:
        message = _("{label} has no parameter {name}.")
        hint = _("It has: {names}.") if known else _("It has no parameters.")
        return Problem(
            field=f"params.{name}",
            message=message.format(label=_(self.label), name=repr(name)),
            hint=hint.format(names=", ".join(known)),
        )
