"""Forms that several pages use: an evaluation plan, an allocation of resources.

Every form keeps its values in the session under ``{key}.{field}``. A form that is to start anew,
from other values, is given another ``key``. What is wrong is said beside its field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from mlops_core import words
from mlops_core.domain.columns import Column, ColumnType
from mlops_core.domain.configs import EvaluationConfig, ResourceAllocation, SplitStrategy
from mlops_core.domain.params import Problem, Task
from mlops_core.domain.records import Dataset
from mlops_core.i18n import N_, _
from mlops_core.metrics import METRICS, metrics_for
from mlops_core.settings import Bounds
from ui.errors import field_errors, other_errors

_NARROWEST = 240  # pixels below which a column of the form is given up

# Evaluation ---------------------------------------------------------------------------------------

_STRATEGIES = {
    SplitStrategy.AUTO: (
        N_("Automatic"),
        N_("Keeps the shares of the classes; plain for numbers."),
    ),
    SplitStrategy.RANDOM: (N_("Random"), N_("Rows are dealt out by chance.")),
    SplitStrategy.STRATIFIED: (
        N_("Stratified"),
        N_("Every part has the same share of each class."),
    ),
    SplitStrategy.GROUPED: (
        N_("Grouped"),
        N_("Rows of one group, such as a customer, stay together."),
    ),
    SplitStrategy.TIME: (N_("In time order"), N_("Learns from the past, is judged on the future.")),
}
_TIMES = (ColumnType.DATE, ColumnType.DATETIME, ColumnType.INTEGER, ColumnType.NUMBER)


def strategy_word(strategy: SplitStrategy) -> str:
    return _(_STRATEGIES[strategy][0])


def evaluation_form(
    key: str,
    dataset: Dataset,
    task: Task,
    default: EvaluationConfig,
    extra: Sequence[Problem] = (),
) -> EvaluationConfig | tuple[Problem, ...]:
    """How models are judged: a config, or what is wrong (already shown).

    Args:
        extra: Problems found elsewhere, in fields ``evaluation.…``, to show beside them.
    """
    others = [column for column in dataset.columns if column.name != dataset.target]
    timed = [column for column in others if column.type in _TIMES]
    _seed_evaluation(key, task, default, others)
    now = {name: st.session_state[f"{key}.{name}"] for name in EvaluationConfig.model_fields}
    wrong = _evaluation_problems(now)
    fields: dict[str, Callable[[], None]] = {
        "holdout": lambda: _holdout_field(f"{key}.holdout"),
        "folds": lambda: _folds_field(f"{key}.folds"),
        "metric": lambda: _metric_field(f"{key}.metric", task),
        "strategy": lambda: _strategy_field(f"{key}.strategy", task),
    }
    if now["strategy"] is SplitStrategy.GROUPED:
        fields["group_column"] = lambda: _column_field(
            _("Group column"), f"{key}.group_column", others
        )
    if now["strategy"] is SplitStrategy.TIME:
        fields["time_column"] = lambda: _column_field(_("Time column"), f"{key}.time_column", timed)
    fields["seed"] = lambda: _seed_field(f"{key}.seed")
    grid = st.grid(3, min_column_width=_NARROWEST)
    for name, draw in fields.items():
        with grid.cell():
            draw()
            field_errors([*wrong, *extra], f"evaluation.{name}")
    return tuple(wrong) if wrong else _evaluation(now)


def _holdout_field(key: str) -> None:
    st.slider(
        _("Hold-out share"),
        0,
        50,
        step=1,
        format="%d %%",
        key=key,
        help=_("Rows kept aside; they judge the finished model once."),
    )


def _folds_field(key: str) -> None:
    st.number_input(
        _("Folds"),
        0,
        50,
        key=key,
        help=_("The rest is split into so many parts; each judges once. 0 means none."),
    )


def _seed_field(key: str) -> None:
    st.number_input(
        _("Seed"),
        0,
        2**32 - 1,
        key=key,
        help=_("The same seed splits and trains the same way again."),
    )


def _seed_evaluation(
    key: str, task: Task, default: EvaluationConfig, columns: Sequence[Column]
) -> None:
    """Starting values, without what this task or this table does not have."""
    names = {column.name for column in columns}
    values: dict[str, Any] = default.model_dump()
    values["holdout"] = round(default.holdout * 100)
    values["strategy"] = default.strategy
    for field in ("group_column", "time_column"):
        if values[field] not in names:
            values[field] = None
    for name, value in values.items():
        st.session_state.setdefault(f"{key}.{name}", value)
    if st.session_state[f"{key}.metric"] not in _metric_keys(task):
        st.session_state[f"{key}.metric"] = "auto"
    if st.session_state[f"{key}.strategy"] not in _strategies(task):
        st.session_state[f"{key}.strategy"] = SplitStrategy.AUTO


def _metric_keys(task: Task) -> list[str]:
    return ["auto", *(metric.key for metric in metrics_for(task))]


def _strategies(task: Task) -> list[SplitStrategy]:
    classes = task is Task.CLASSIFICATION
    return [item for item in SplitStrategy if classes or item is not SplitStrategy.STRATIFIED]


def _metric_field(key: str, task: Task) -> None:
    chosen = st.session_state[key]
    told = _(METRICS[chosen].help) if chosen in METRICS else _("The customary one of the task.")
    st.selectbox(
        _("Primary metric"),
        _metric_keys(task),
        format_func=lambda name: _("Automatic") if name == "auto" else words.metric_label(name),
        key=key,
        help=words.md(told),
    )


def _strategy_field(key: str, task: Task) -> None:
    st.selectbox(
        _("How rows are split"),
        _strategies(task),
        format_func=strategy_word,
        key=key,
        help=words.md(_(_STRATEGIES[st.session_state[key]][1])),
    )


def _column_field(label: str, key: str, columns: Sequence[Column]) -> None:
    st.selectbox(
        label,
        [column.name for column in columns],
        index=None,
        key=key,
        placeholder=_("Choose a column"),
    )


def _evaluation_problems(now: Mapping[str, Any]) -> list[Problem]:
    """What forbids an evaluation plan by itself."""
    found: list[Problem] = []
    if now["folds"] == 1:
        found.append(
            Problem(
                field="evaluation.folds",
                message=_("One fold leaves nothing to compare with."),
                hint=_("Use 0 for none, or at least 2."),
            )
        )
    if now["folds"] == 0 and now["holdout"] == 0:
        found.append(
            Problem(
                field="evaluation.holdout",
                message=_("Without a hold-out share and without folds nothing is measured."),
                hint=_("Keep some rows aside, or use folds."),
            )
        )
    needed = {
        SplitStrategy.GROUPED: ("group_column", _("Choose the column that names the group.")),
        SplitStrategy.TIME: ("time_column", _("Choose the column that holds the time.")),
    }
    if now["strategy"] in needed:
        field, message = needed[now["strategy"]]
        if not now[field]:
            found.append(Problem(field=f"evaluation.{field}", message=message))
    return found


def _evaluation(now: Mapping[str, Any]) -> EvaluationConfig:
    grouped = now["strategy"] is SplitStrategy.GROUPED
    timed = now["strategy"] is SplitStrategy.TIME
    return EvaluationConfig(
        holdout=now["holdout"] / 100,
        folds=now["folds"],
        strategy=now["strategy"],
        group_column=now["group_column"] if grouped else None,
        time_column=now["time_column"] if timed else None,
        metric=now["metric"],
        seed=now["seed"],
    )


# Resources ----------------------------------------------------------------------------------------


def allocation_form(
    key: str,
    bounds: Bounds,
    default: ResourceAllocation,
    problems: Callable[[ResourceAllocation], Sequence[Problem]] | None = None,
) -> ResourceAllocation:
    """What a run may use, within ``bounds``.

    Args:
        problems: Says what is wrong with an allocation; shown beside the fields it names.
    """
    limits = _limits(bounds)
    for name, (low, high, _step_size) in limits.items():
        # A profile may be older than the bounds that hold now.
        value = min(max(getattr(default, name), low), high)
        st.session_state.setdefault(f"{key}.{name}", type(low)(value))
    values = {name: st.session_state[f"{key}.{name}"] for name in limits}
    if not values["gpus"]:
        values["gpu_memory_gb"] = 0.0
    allocation = ResourceAllocation(**values)
    found = problems(allocation) if problems else ()
    labels = _limit_words()
    with st.grid(3, min_column_width=180) as grid:
        for name, (low, high, step) in limits.items():
            if name == "gpu_memory_gb" and not values["gpus"]:
                continue
            with grid.cell():
                label, told = labels[name]
                span = _("From {low} to {high}.").format(low=f"{low:g}", high=f"{high:g}")
                st.number_input(
                    label,
                    low,
                    high,
                    step=step,
                    format="%d" if isinstance(low, int) else "%.6g",
                    key=f"{key}.{name}",
                    help=f"{told} {span}",
                )
                field_errors(found, name)
    other_errors(found, *limits)
    return allocation


def _limits(bounds: Bounds) -> dict[str, tuple[Any, Any, Any]]:
    """Smallest value, largest value and step of every field."""
    return {
        "cpu_cores": (bounds.min_cpu_cores, bounds.max_cpu_cores, 1),
        "memory_gb": (float(bounds.min_memory_gb), float(bounds.max_memory_gb), 1.0),
        "time_limit_hours": (
            float(bounds.min_time_limit_hours),
            float(bounds.max_time_limit_hours),
            0.5,
        ),
        "gpus": (0, bounds.max_gpus, 1),
        "gpu_memory_gb": (0.0, float(bounds.max_gpu_memory_gb), 1.0),
    }


def _limit_words() -> dict[str, tuple[str, str]]:
    return {
        "cpu_cores": (_("CPU cores"), _("How many cores a run computes on.")),
        "memory_gb": (_("Memory, GB"), _("A run that uses more is stopped.")),
        "time_limit_hours": (_("Time limit, hours"), _("A run that takes longer is stopped.")),
        "gpus": (_("GPUs"), _("How many graphics processors a run is given.")),
        "gpu_memory_gb": (
            _("GPU memory, GB"),
            _("What a run may use of each; one that uses more is stopped. 0: all that it has."),
        ),
    }
