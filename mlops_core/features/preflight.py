"""What would make a run fail, found from the stored profile before any process starts.

Needs no pandas, and scikit-learn only where a metric of probabilities was asked for. The trainer
checks again on the rows themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlops_core.algorithms import get_algorithm, settled_params
from mlops_core.data import words
from mlops_core.data.words import class_named
from mlops_core.domain.columns import Column, ColumnRole, ColumnType
from mlops_core.domain.configs import RunSpec, SplitStrategy
from mlops_core.domain.params import Algorithm, BuildContext, Problem, Task
from mlops_core.errors import InvalidInput, NotFound
from mlops_core.features.resolve import resolve_columns, unknown_column
from mlops_core.i18n import _
from mlops_core.metrics import Needs, primary_metric

LARGEST_TARGET = 1e37  # single-precision trees refuse more than 3.4e38, also of a coded category
NUMERIC_TYPES = frozenset({ColumnType.INTEGER, ColumnType.NUMBER, ColumnType.BOOLEAN})


def problems(spec: RunSpec, columns: Sequence[Column], rows: int) -> list[Problem]:
    """Everything that forbids this run, each beside the field it belongs to.

    Args:
        spec: What was asked for.
        columns: The dataset's columns with their profiles.
        rows: How many rows it has.
    """
    by_name = {column.name: column for column in columns}
    found = [*_model(spec), *_features(spec, by_name), *_evaluation(spec, by_name)]
    target = by_name.get(spec.dataset.target)
    if target is None:
        return [_said(unknown_column(spec.dataset.target, by_name, "dataset.target")), *found]
    labelled = rows - target.profile.missing
    found.extend(_target(spec, target, labelled))
    if not any(problem.field == "dataset.target" for problem in found):
        found.extend(_rows(spec, labelled))
        found.extend(_metric(spec, target))
        found.extend(_groups(spec, by_name))
    return found


def _said(error: InvalidInput | NotFound, prefix: str = "") -> Problem:
    return Problem(field=f"{prefix}{error.field}", message=error.message, hint=error.hint)


def _model(spec: RunSpec) -> Iterator[Problem]:
    try:
        algorithm = get_algorithm(spec.model.algorithm)
    except NotFound as error:
        yield _said(error, "model.")
        return
    for problem in algorithm.problems(spec.model.params, spec.dataset.task):
        yield Problem(field=f"model.{problem.field}", message=problem.message, hint=problem.hint)


def _features(spec: RunSpec, columns: dict[str, Column]) -> Iterator[Problem]:
    roles = {name: column.role for name, column in columns.items()}
    types = {name: column.type for name, column in columns.items()}
    try:
        features = resolve_columns(spec.features, roles, spec.dataset.target, types)
    except InvalidInput as error:
        yield _said(error)
        return
    yield from _roles(features, columns)
    if spec.features.numeric.impute != "none" or _takes_missing(spec):
        return
    for name, role in features:
        if role is ColumnRole.NUMERIC and columns[name].profile.missing:
            yield missing_numbers(name)
            return


def _roles(
    features: Sequence[tuple[str, ColumnRole]], columns: dict[str, Column]
) -> Iterator[Problem]:
    """Texts that were to be read as numbers or dates; their most frequent values tell."""
    for name, role in features:
        values = [top.value.strip() for top in columns[name].profile.top]
        if columns[name].type is not ColumnType.TEXT or not values:
            continue
        message, hint = "", _("Give it the role categorical or text.")
        if role is ColumnRole.NUMERIC and not any(map(words.is_plain_number, values)):
            message = _("Column {name!r} holds words such as {value!r}, no numbers.")
        elif role is ColumnRole.DATE and not any(map(_has_digit, values)):
            message = _("Column {name!r} holds words such as {value!r}, no dates.")
        elif role is ColumnRole.DATE and any(map(words.is_ambiguous_date, values)):
            message = _("In column {name!r}, {value!r} could be day first or month first.")
            hint = _("Write its dates as 2026-11-24, or give it the role categorical.")
        if message:
            yield Problem(
                field="features.roles",
                message=message.format(name=name, value=values[0][:40]),
                hint=hint,
            )


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))


def missing_numbers(name: str) -> Problem:
    """Missing numbers were to stay missing, but the algorithm cannot take them."""
    return Problem(
        field="features.numeric.impute",
        message=_("Column {name!r} has missing values and the algorithm cannot take them.").format(
            name=name
        ),
        hint=_("Fill them in, or use histogram gradient boosting, which takes them as they are."),
    )


def _metric(spec: RunSpec, target: Column) -> Iterator[Problem]:
    zeros = any(top.value == "0" for top in target.profile.top)
    if zeros and spec.dataset.task is Task.REGRESSION and spec.evaluation.metric == "mape":
        yield Problem(
            field="evaluation.metric",
            message=_("The target {name!r} has zeros: nothing is a percentage of 0.").format(
                name=target.name
            ),
            hint=_("Choose another metric, such as the mean absolute error."),
        )


def _groups(spec: RunSpec, columns: dict[str, Column]) -> Iterator[Problem]:
    evaluation = spec.evaluation
    column = columns.get(evaluation.group_column or "")
    if evaluation.strategy is not SplitStrategy.GROUPED or column is None:
        return
    # Rows without a group are a group of their own.
    groups = column.profile.distinct + (column.profile.missing > 0)
    needed = max(evaluation.folds, 1) + (evaluation.holdout > 0)
    if groups < needed:
        yield Problem(
            field="evaluation.group_column",
            message=_("Column {name!r} has {groups} groups; this plan needs {needed}.").format(
                name=column.name, groups=groups, needed=needed
            ),
            hint=_("Use fewer folds, another group column, or the random split."),
        )


def _takes_missing(spec: RunSpec) -> bool:
    algorithm: Algorithm | None
    try:
        algorithm = get_algorithm(spec.model.algorithm)
    except NotFound:
        return True  # said already
    return algorithm.handles_missing


def _evaluation(spec: RunSpec, columns: dict[str, Column]) -> Iterator[Problem]:
    evaluation = spec.evaluation
    used = {
        "group_column": (SplitStrategy.GROUPED, evaluation.group_column),
        "time_column": (SplitStrategy.TIME, evaluation.time_column),
    }
    for field, (strategy, name) in used.items():
        if evaluation.strategy is not strategy or name is None:
            continue
        if name not in columns:
            yield _said(unknown_column(name, columns, f"evaluation.{field}"))
        elif name == spec.dataset.target:
            yield Problem(
                field=f"evaluation.{field}",
                message=_("The target {name!r} cannot decide how rows are split.").format(
                    name=name
                ),
                hint=_("Choose another column."),
            )
        elif strategy is SplitStrategy.TIME:
            yield from _time(columns[name])
    if evaluation.strategy is SplitStrategy.STRATIFIED and spec.dataset.task is Task.REGRESSION:
        yield Problem(
            field="evaluation.strategy",
            message=_("A stratified split needs classes, and this task has numbers."),
            hint=_("Use the random split."),
        )
    try:
        metric = primary_metric(spec.dataset.task, requested=evaluation.metric)
    except (InvalidInput, NotFound) as error:
        yield _said(error)
        return
    if metric.needs is Needs.PROBABILITIES and _gives_none(spec):
        yield Problem(
            field="evaluation.metric",
            message=_("{metric} needs probabilities, and this model gives none.").format(
                metric=_(metric.label)
            ),
            hint=_("Choose another metric, such as balanced accuracy, or another algorithm."),
        )


def _gives_none(spec: RunSpec) -> bool:
    """Whether the model can never say how likely a class is: its estimator knows."""
    if any(True for _problem in _model(spec)):
        return False  # said already
    algorithm, task = get_algorithm(spec.model.algorithm), spec.dataset.task
    values = settled_params(algorithm, spec.model.params, task)
    context = BuildContext(task=task, seed=spec.evaluation.seed, n_jobs=1, classes=2)
    return not hasattr(algorithm.build(values, context), "predict_proba")


def _time(column: Column) -> Iterator[Problem]:
    if column.type in (ColumnType.TEXT, ColumnType.BOOLEAN):
        yield Problem(
            field="evaluation.time_column",
            message=_("Column {name!r} holds no dates or numbers that rows could follow.").format(
                name=column.name
            ),
            hint=_("Choose a column with dates, or another split."),
        )


def _target(spec: RunSpec, target: Column, labelled: int) -> Iterator[Problem]:
    profile = target.profile
    if labelled <= 0:
        yield _target_problem(
            _("The target {name!r} has no values."), _("Choose another target."), target
        )
    elif profile.distinct <= 1:
        yield _target_problem(
            _("The target {name!r} has a single value, so there is nothing to learn."),
            _("Choose a target with at least two different values."),
            target,
        )
    elif spec.dataset.task is Task.REGRESSION:
        if target.type not in NUMERIC_TYPES:
            yield _target_problem(
                _("The target {name!r} is not a number, so it cannot be predicted as one."),
                _("Choose the task classification, or a target that holds numbers."),
                target,
            )
        elif any(abs(end) > LARGEST_TARGET for end in _ends(target)):
            yield _target_problem(
                _("The target {name!r} holds numbers too large to calculate with."),
                _("Write it in a larger unit, or correct the rows that hold them."),
                target,
            )
    else:
        yield from _classes(spec, target, labelled)


def _ends(column: Column) -> list[float]:
    ends = (column.profile.minimum, column.profile.maximum)
    return [end for end in ends if isinstance(end, float)]


def _classes(spec: RunSpec, target: Column, labelled: int) -> Iterator[Problem]:
    profile = target.profile
    if profile.distinct > 2 and profile.distinct * 2 > labelled:
        numeric = target.type in NUMERIC_TYPES
        yield _target_problem(
            _("The target {name!r} has nearly as many different values as rows."),
            _("Choose the task regression, or another target.")
            if numeric
            else _("Choose a target whose values repeat."),
            target,
        )
    positive = spec.dataset.positive_class
    values = {top.value for top in profile.top}
    two = len(values) == profile.distinct == 2
    if positive is not None and two and class_named(positive, values) is None:
        yield Problem(
            field="dataset.positive_class",
            message=_("The target {name!r} has no value {value!r}.").format(
                name=target.name, value=positive
            ),
            hint=_("It has: {values}.").format(values=", ".join(sorted(values))),
        )


def _target_problem(message: str, hint: str, target: Column) -> Problem:
    return Problem(field="dataset.target", message=message.format(name=target.name), hint=hint)


def _rows(spec: RunSpec, labelled: int) -> Iterator[Problem]:
    evaluation = spec.evaluation
    held_out = max(1, round(labelled * evaluation.holdout)) if evaluation.holdout else 0
    needed = evaluation.folds + (evaluation.strategy is SplitStrategy.TIME)
    if labelled - held_out < max(needed, 2):
        yield Problem(
            field="evaluation.folds",
            message=_(
                "{rows} rows with a target leave {training} for training, fewer than {folds} folds."
            ).format(rows=labelled, training=labelled - held_out, folds=evaluation.folds)
            if evaluation.folds
            else _("{rows} rows with a target are too few to train and to judge.").format(
                rows=labelled
            ),
            hint=_("Use fewer folds, a smaller hold-out share, or more rows."),
        )
