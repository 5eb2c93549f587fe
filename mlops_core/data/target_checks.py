"""What the target asks for: values, classes that can be judged, a measure that fits them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlops_core.data.engine import Connection
from mlops_core.data.facts import clean, named
from mlops_core.domain.columns import Column
from mlops_core.domain.configs import EvaluationConfig
from mlops_core.domain.findings import Finding, Severity
from mlops_core.domain.params import Task
from mlops_core.domain.sentences import say, say_many
from mlops_core.i18n import N_, NN_

RARE_CLASS = 10  # rows: fewer than the usual number of folds can share out
IMBALANCE = 0.1
SKEWED = 3.0
NAMED = 5  # things listed by name in a sentence
FOLDS: int = EvaluationConfig().folds
HELD_OUT: float = EvaluationConfig().holdout

Counts = Sequence[tuple[str, int]]


def of_target(
    connection: Connection, table: str, target: Column, task: Task | None, rows: int
) -> Iterator[Finding]:
    """Findings about the column that is to be learned; ``table`` is a FROM clause."""
    missing, name = target.profile.missing, target.name
    if missing:
        said = say_many(
            NN_(
                "The target “{column}” is missing in {count} row, which will be left out.",
                "The target “{column}” is missing in {count} rows, which will be left out.",
            ),
            missing,
            column=name,
        )
        severity = Severity.PROBLEM if missing == rows else Severity.WARNING
        yield Finding.of("target_missing", severity, said, column=name)
    if target.profile.distinct == 1:
        said = say(
            N_("The target “{column}” has the same value everywhere: there is nothing to learn."),
            column=name,
        )
        yield Finding.of("constant", Severity.PROBLEM, said, column=name)
    elif task is Task.CLASSIFICATION:
        yield from _of_classes(connection, table, target)
    elif task is Task.REGRESSION:
        yield from _skewed(connection, table, target)
    yield from _too_few_rows(target, rows - missing)


def _too_few_rows(target: Column, labelled: int) -> Iterator[Finding]:
    """Fewer rows to learn from than the usual folds need."""
    learning = labelled - max(1, round(labelled * HELD_OUT))
    if labelled > 0 and learning < 2 * FOLDS:
        said = say(
            N_(
                "{rows} rows with a target leave {learning} to learn from: too few for {folds}"
                " folds. Use fewer folds, or bring more rows."
            ),
            rows=labelled,
            learning=learning,
            folds=FOLDS,
        )
        yield Finding.of("too_few_for_folds", Severity.WARNING, said, column=target.name)


def _skewed(connection: Connection, table: str, target: Column) -> Iterator[Finding]:
    """A long tail of large values, which decide the squared errors."""
    value = f"({clean(target)})::DOUBLE"
    (skew,) = connection.execute(
        f"SELECT skewness(y) FROM (SELECT {value} AS y FROM {table}) WHERE abs(y) < 1e50"  # noqa: S608
    ).fetchone()
    if skew is None or not abs(skew) > SKEWED:
        return
    profile = target.profile
    shown = None
    if profile.quantiles and isinstance(profile.minimum, float | int):
        shown = say(
            N_("Half of the values are below {median}; they reach from {least} to {most}."),
            median=f"{profile.quantiles[len(profile.quantiles) // 2]:.4g}",
            least=f"{profile.minimum:.4g}",
            most=f"{profile.maximum:.4g}",
        )
    said = say(
        N_(
            "“{column}” has a long tail: a few extreme values decide the squared error."
            " Compare by the mean or the median absolute error."
        ),
        column=target.name,
    )
    yield Finding.of("skewed_target", Severity.INFO, said, column=target.name, evidence=shown)


def _of_classes(connection: Connection, table: str, target: Column) -> Iterator[Finding]:
    value = named(target)
    counts: list[tuple[str, int]] = connection.execute(
        f"SELECT {value}, count(*) FROM {table} WHERE {value} IS NOT NULL"  # noqa: S608
        " GROUP BY ALL ORDER BY 2, 1 LIMIT 10000"
    ).fetchall()
    yield from _rare(counts, target.name)
    yield from _look_alikes([label for label, _count in counts], target.name)
    yield from _unequal(counts, target.name)


def _rare(counts: Counts, name: str) -> Iterator[Finding]:
    rare = [(label, count) for label, count in counts if count < RARE_CLASS]
    if not rare:
        return
    said = say_many(
        NN_(
            "{count} class of “{column}” has fewer than {least} rows: {names}.",
            "{count} classes of “{column}” have fewer than {least} rows: {names}.",
        ),
        len(rare),
        column=name,
        least=RARE_CLASS,
        names=_listed([label for label, _count in rare]),
    )
    shown = None
    if len(rare) > 1:
        sizes = ", ".join(f"“{label[:40]}” ({count})" for label, count in rare[:NAMED])
        shown = say(N_("The smallest: {classes}."), classes=sizes)
    yield Finding.of("rare_classes", Severity.WARNING, said, column=name, evidence=shown)
    label, smallest = rare[0]
    if smallest < FOLDS:
        said = say_many(
            NN_(
                "“{label}” has {count} row, fewer than the usual {folds} folds: not every fold can"
                " judge it. Merge rare classes in the file, or bring more rows.",
                "“{label}” has {count} rows, fewer than the usual {folds} folds: not every fold can"
                " judge it. Merge rare classes in the file, or bring more rows.",
            ),
            smallest,
            label=label[:40],
            folds=FOLDS,
        )
        yield Finding.of("class_smaller_than_folds", Severity.WARNING, said, column=name)


def _unequal(counts: Counts, name: str) -> Iterator[Finding]:
    present = sum(count for _label, count in counts)
    if len(counts) < 2 or counts[0][1] >= present * IMBALANCE / (len(counts) - 1):
        return
    said = say(
        N_(
            "The classes of “{column}” are unequal: “{small}” has {few} rows, “{large}” {many}."
            " Prefer balanced accuracy or F1 to accuracy."
        ),
        column=name,
        small=counts[0][0][:40],
        few=counts[0][1],
        large=counts[-1][0][:40],
        many=counts[-1][1],
    )
    yield Finding.of("imbalance", Severity.WARNING, said, column=name)


def _look_alikes(labels: Sequence[str], target: str) -> Iterator[Finding]:
    """Classes that a person would read as one: blanks around them and case apart."""
    groups: dict[str, list[str]] = {}
    for label in labels:
        groups.setdefault(" ".join(label.split()).casefold(), []).append(label)
    alike = [label for group in groups.values() if len(group) > 1 for label in sorted(group)]
    if alike:
        said = say(
            N_(
                "Classes of “{column}” differ only by blanks or capital letters: {names}."
                " Each counts as a class of its own; correct the file if they are meant to be one."
            ),
            column=target,
            names=_listed(alike),
        )
        yield Finding.of("classes_look_alike", Severity.WARNING, said, column=target)


def _listed(labels: Sequence[str]) -> str:
    shown = ", ".join(f"“{label[:40]}”" for label in labels[:NAMED])
    return shown if len(labels) <= NAMED else f"{shown} …"
