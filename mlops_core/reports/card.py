"""A model card: what a model is for, how good it is and where it ends, as Markdown.

The sections follow Mitchell et al. 2019, https://doi.org/10.1145/3287560.3287596. What only a
person can know is asked for and left open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mlops_core import __version__, words
from mlops_core.domain.configs import SplitStrategy
from mlops_core.domain.records import ExperimentRun
from mlops_core.domain.results import TrainingResult
from mlops_core.domain.states import RunStatus
from mlops_core.errors import Conflict
from mlops_core.i18n import _
from mlops_core.reports.report import digests, scores
from mlops_core.services import judging, runs
from mlops_core.services.calibrating import calibration_of
from mlops_core.store.workspace import Workspace
from mlops_core.words import allocations, judged

MOST_COLUMNS = 15


def card(ws: Workspace, run_id: int) -> str:
    """The card of a run's model, in the language of the caller.

    Raises:
        NotFound: there is no such run.
        Conflict: it did not complete, or its result is gone.
    """
    run = runs.get_run(ws, run_id)
    result = runs.result(ws, run_id) if run.status is RunStatus.COMPLETED else None
    if result is None:
        raise Conflict(
            _("Run {id} has no model to describe.").format(id=run_id),
            _("Choose a run that completed."),
        )
    sections = (
        (_("What it does"), _purpose(run, result)),
        (_("How good it is"), _quality(ws, run, result)),
        (_("What it learned from"), _data(run, result)),
        (_("What it relies on"), _reliance(result)),
        (_("Where it ends"), _limits(run, result)),
        (_("How to use it"), _use(run)),
        (_("Where it comes from"), _origin(ws, run, result)),
    )
    parts = [f"# {words.md(judged.run_name(run))}"]
    parts += [f"## {title}\n\n" + "\n".join(lines).strip() for title, lines in sections]
    return "\n\n".join(parts) + "\n"


def _purpose(run: ExperimentRun, result: TrainingResult) -> Iterator[str]:
    target = words.md(run.spec.dataset.target)
    if result.classes:
        yield _("It tells the classes of **{target}** apart: {classes}.").format(
            target=target, classes=", ".join(map(words.md, result.classes))
        )
        if result.positive_class is not None:
            yield _("The positive class is **{positive}**.").format(
                positive=words.md(result.positive_class)
            )
    else:
        yield _("It predicts **{target}** as a number.").format(target=target)
    yield ""
    yield _("Intended use, and what it must not be used for: *to be written.*")


def _quality(ws: Workspace, run: ExperimentRun, result: TrainingResult) -> Iterator[str]:
    metric = result.primary_metric
    own = judging.judge_run(ws, run, metric)
    if own.floor is not None:
        yield judged.floor_sentence(own.floor, metric)
    if own.low is not None:
        yield _("{metric}: 95 % interval {interval}").format(
            metric=words.metric_label(metric), interval=judged.between(own.low, own.high, metric)
        )
    held = result.evaluated_on == "holdout"
    yield ""
    yield (
        _("The hold-out judges exactly this model, on {n} rows that it has not learned from.")
        if held
        else _("No rows were held out: the folds say how good the recipe is, not this model.")
    ).format(n=words.integer(result.rows.get("holdout", 0)))
    yield ""
    head = (_("Metric"), _("Hold-out"), _("Folds"), _("Without a model"))
    yield from _table(head, scores(result))
    calibration = calibration_of(ws, run)
    if calibration is not None:
        yield ""
        yield _("Its probabilities are off by {off} on average.").format(
            off=words.percent(round(calibration.error, 3))
        )


def _data(run: ExperimentRun, result: TrainingResult) -> Iterator[str]:
    yield _("Dataset **{name}**, version {version}, SHA-256 `{digest}`.").format(
        name=words.md(run.dataset_name),
        version=run.dataset_version,
        digest=run.spec.dataset.fingerprint,
    )
    yield ""
    yield from _table(
        (_("Rows"), ""),
        [(judged.rows_word(key), words.integer(count)) for key, count in result.rows.items()],
    )
    yield ""
    yield from _table(
        (_("Column"), _("Role")),
        [(words.md(use.column), words.role_key(use.role)) for use in result.features],
    )


def _reliance(result: TrainingResult) -> Iterator[str]:
    if not result.importance:
        yield _("It was not measured for this run.")
        return
    metric = words.metric_label(result.primary_metric)
    yield _("How much {metric} falls when a column is shuffled (permutation importance):").format(
        metric=metric
    )
    yield ""
    yield from _table(
        (_("Column"), _("Fall")),
        [
            (words.md(item.feature), f"{words.number(item.mean)} ± {words.number(item.std)}")
            for item in result.importance[:MOST_COLUMNS]
        ],
    )
    if len(result.importance) > MOST_COLUMNS:
        yield ""
        yield _("{shown} of {total}").format(shown=MOST_COLUMNS, total=len(result.importance))


def _limits(run: ExperimentRun, result: TrainingResult) -> Iterator[str]:
    strategy = run.spec.evaluation.settled(run.task)
    if strategy is not SplitStrategy.TIME:
        yield "- " + _(
            "The rows that judged it were drawn from the same time as those it learned from. How "
            "it does on later ones is not known."
        )
    if strategy is not SplitStrategy.GROUPED:
        yield "- " + _(
            "If several rows belong to one person or thing, some of them may have been on both "
            "sides, and it looks better than it is."
        )
    yield "- " + _("Values that its table never held make it guess.")
    for sentence in result.warnings:
        yield f"- {words.md(sentence)}"
    yield "- " + _("For whom it does worse, and what that would cost them: *to be written.*")


def _use(run: ExperimentRun) -> Iterator[str]:
    yield _("With this app installed (a model file is only opened if it holds known types alone):")
    yield ""
    yield "```python"
    yield "from pathlib import Path"
    yield ""
    yield "from mlops_core.training.artifact import load_model"
    yield ""
    yield 'model = load_model(Path("model.skops"))'
    yield "model.predict(frame)  # a pandas DataFrame with the columns above"
    yield "```"
    yield ""
    yield _("Without it, a script trains the same model anew: `{command}`.").format(
        command=f"python -m mlops_core runs export {run.id} --script run-{run.id}.py"
    )


def _origin(ws: Workspace, run: ExperimentRun, result: TrainingResult) -> Iterator[str]:
    ended = words.absolute(run.ended_at)
    yield _("Run {id} of {experiment}, ended {time}, on {given}.").format(
        id=run.id,
        experiment=f"{words.md(run.experiment_name)} {words.version(run.experiment_version)}",
        time=ended,
        given=allocations.needs(run.spec.resources),
    )
    yield _("Made by MLOps One-App {version}.").format(version=__version__)
    yield ""
    yield from _table(
        (_("What"), ""), [(words.md(name), f"`{text}`") for name, text in digests(run, result)]
    )
    yield ""
    yield "```yaml"
    yield runs.spec_yaml(ws, run.id).rstrip().replace("```", "'''")
    yield "```"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Cells are Markdown already; a line break would end the row."""
    yield f"| {' | '.join(head)} |"
    yield "|" + " --- |" * len(head)
    for row in rows:
        yield "| " + " | ".join(" ".join(cell.split("\n")) for cell in row) + " |"
