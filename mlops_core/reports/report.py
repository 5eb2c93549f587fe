"""A report: runs side by side and one by one, as one HTML file that needs nothing beside it.

It has no script, no font and no picture of its own, follows light and dark, and prints. Everything
that a person typed is escaped by the template engine.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from mlops_core import __version__, words
from mlops_core.domain.configs import MISSING
from mlops_core.domain.records import ExperimentRun
from mlops_core.domain.results import Confusion, TrainingResult
from mlops_core.errors import InvalidInput
from mlops_core.i18n import _, current_language, ngettext
from mlops_core.metrics import METRICS
from mlops_core.reports import MOST_RUNS, figures
from mlops_core.reports.palette import DARK, LIGHT
from mlops_core.services import comparison, judging, runs
from mlops_core.services.comparison import (
    Basis,
    Comparison,
    GroupJudgement,
    ParamRow,
    RunJudgement,
)
from mlops_core.store.workspace import Workspace
from mlops_core.words import allocations, judged
from mlops_core.words.configs import path_words, value_words

TEMPLATES = Path(__file__).parent / "templates"
_BOLD = re.compile(r"\*\*(.+?)\*\*")


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A run among those that it can be ranked with."""

    run: ExperimentRun
    estimate: str
    own_interval: str
    verdict: str
    tone: str
    chances: str
    difference: str
    interval: str


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """Runs that can be ranked among each other, each beside ``beside``."""

    title: str
    sentence: str
    beside: ExperimentRun
    standings: tuple[Standing, ...]
    forest: Markup
    told: str
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RunPart:
    """One run, whole."""

    run: ExperimentRun
    result: TrainingResult | None
    floor: str
    interval: str
    scores: tuple[tuple[str, str, str, str], ...]  # metric, hold-out, folds, without a model
    used: tuple[tuple[str, str], ...]
    figures: tuple[tuple[str, Markup | Confusion], ...]
    spec: str
    digests: tuple[tuple[str, str], ...]


def report(
    ws: Workspace,
    ids: Sequence[int],
    metric: str | None = None,
    *,
    baseline: int | None = None,
    by: Basis | None = None,
    rope: float = comparison.ROPE,
) -> str:
    """The report of one run or of several, in the language of the caller.

    Args:
        metric: What to judge by; the primary one of the first run where it is ``None``.
        baseline: The run that the others stand beside; the best one of each group otherwise.
        by: What to rest on; the hold-out where there is one.
        rope: Share of the best value that is negligible.

    Raises:
        InvalidInput: no run was named, or too many, or none has the metric.
        NotFound: there is no such run, or no such metric.
    """
    if len(set(ids)) > MOST_RUNS:
        raise InvalidInput(
            _("A report takes {limit} runs at most.").format(limit=MOST_RUNS), _("Choose fewer.")
        )
    found = comparison.compare(ws, ids)
    judgement = comparison.judge(ws, found, metric, by=by, rope=rope)
    rankings = []
    if len(found.runs) > 1 and judgement.metric is not None:
        rankings = [
            ranking
            for group in judgement.groups
            if (ranking := _ranking(found, group, judgement.metric, baseline, rope)) is not None
        ]
    return str(
        _environment(current_language())
        .get_template("report.html")
        .render(
            title=_title(found),
            language=current_language(),
            made=words.absolute(ws.now()),
            version=__version__,
            metric=words.metric_label(judgement.metric),
            comparison=found,
            rankings=rankings,
            differing=[row for row in found.params if row.varies],
            parts=[_part(ws, run) for run in found.runs],
            light=LIGHT,
            dark=DARK,
        )
    )


def _title(found: Comparison) -> str:
    if len(found.runs) == 1:
        run = found.runs[0]
        return judged.run_name(run)
    return _("Comparison of {n} runs").format(n=len(found.runs))


# Which run is better ------------------------------------------------------------------------------


def _ranking(
    found: Comparison, group: GroupJudgement, metric: str, baseline: int | None, rope: float
) -> Ranking | None:
    if group.best is None:
        return None
    by_id = {run.id: run for run in found.runs}
    ids = [one.run_id for one in group.runs]
    beside = baseline if baseline in ids else group.best
    order = group.best_first(metric)
    first = by_id[ids[0]]
    pairs = [
        (judged.run_name(by_id[one.run_id]), pair)
        for one in order
        if one.run_id != beside and (pair := group.pair(one.run_id, beside)) is not None
    ]
    rising = METRICS[metric].greater_is_better
    side = _("better to the right") if rising else _("better to the left")
    return Ranking(
        title=_("{dataset}, seed {seed}").format(
            dataset=f"{first.dataset_name} v{first.dataset_version}",
            seed=first.spec.evaluation.seed,
        ),
        sentence=judged.best_sentence(group, by_id, str),
        beside=by_id[beside],
        standings=tuple(_standing(group, one, by_id, beside, metric) for one in order),
        forest=figures.forest(pairs, group.rope, side) if pairs else Markup(""),
        told=judged.basis_sentence(group, metric, rope),
        notes=group.notes,
    )


def _standing(
    group: GroupJudgement,
    one: RunJudgement,
    by_id: Mapping[int, ExperimentRun],
    beside: int,
    metric: str,
) -> Standing:
    pair = group.pair(one.run_id, beside)
    told: dict[str, str] = dict.fromkeys(
        ("verdict", "tone", "chances", "difference", "interval"), ""
    )
    if pair is not None:
        told = {
            "verdict": judged.verdict_word(pair.verdict),
            "tone": pair.verdict.value,
            "chances": judged.chances(pair),
            "difference": judged.signed(pair.difference, metric),
            "interval": f"{judged.signed(pair.low, metric)} – {judged.signed(pair.high, metric)}",
        }
    return Standing(
        run=by_id[one.run_id],
        estimate=words.metric_value(metric, one.estimate),
        own_interval="" if one.low is None else judged.between(one.low, one.high, metric),
        **told,
    )


# One run ------------------------------------------------------------------------------------------


def _part(ws: Workspace, run: ExperimentRun) -> RunPart:
    result = runs.result(ws, run.id)
    floor = interval = ""
    if result is not None:
        metric = result.primary_metric
        own = judging.judge_run(ws, run, metric)
        if own.floor is not None:
            floor = judged.floor_sentence(own.floor, metric, str)
        if own.low is not None:
            interval = judged.between(own.low, own.high, metric)
    return RunPart(
        run=run,
        result=result,
        floor=floor,
        interval=interval,
        scores=() if result is None else tuple(scores(result)),
        used=tuple(_used(run)),
        figures=() if result is None else tuple(_figures(run, result)),
        spec=runs.spec_yaml(ws, run.id),
        digests=tuple(digests(run, result)),
    )


def scores(result: TrainingResult) -> list[tuple[str, str, str, str]]:
    """Every metric, the primary one on top: hold-out, folds, and without a model."""
    names = [name for name in METRICS if name in result.holdout or name in result.cv]
    names.sort(key=lambda name: name != result.primary_metric)
    lines = []
    for name in names:
        folds = result.cv.get(name)
        lines.append(
            (
                words.metric_label(name),
                words.metric_value(name, result.holdout.get(name)),
                words.spread(folds.mean, folds.std, name) if folds else words.NOTHING,
                words.metric_value(name, result.floor.value(name))
                if result.floor is not None
                else words.NOTHING,
            )
        )
    return lines


def _used(run: ExperimentRun) -> list[tuple[str, str]]:
    usage, asked = run.usage, run.spec.resources
    of_limit = _("{used} of {limit} allowed")
    lines = [
        (_("Given"), allocations.limits(asked)),
        (
            _("Time"),
            of_limit.format(
                used=words.duration(usage.wall_seconds),
                limit=words.duration(asked.time_limit_hours * 3600),
            ),
        ),
        (
            _("Peak memory"),
            of_limit.format(
                used=words.megabytes(usage.peak_memory_mb), limit=words.gigabytes(asked.memory_gb)
            ),
        ),
        (_("Processor time"), words.duration(usage.cpu_seconds)),
    ]
    if asked.gpus:
        lines.append((_("Peak GPU memory"), words.megabytes(usage.peak_gpu_memory_mb)))
    return lines


def _figures(run: ExperimentRun, result: TrainingResult) -> list[tuple[str, Markup | Confusion]]:
    found: list[tuple[str, Markup | Confusion]] = []
    if result.confusion is not None:
        found.append((_("Confusion matrix"), result.confusion))
    if result.residuals is not None:
        chart = figures.residuals(result.residuals, run.spec.dataset.target)
        found.append((_("Residuals"), chart))
    axes = {
        _("ROC curve"): (result.roc, _("False positive rate"), _("True positive rate"), True),
        _("Precision and recall"): (
            result.precision_recall,
            _("Recall"),
            _("Precision"),
            False,
        ),
    }
    for title, (curves, x_label, y_label, diagonal) in axes.items():
        if curves:
            chart = figures.curves(curves, x_label, y_label, diagonal=diagonal)
            found.append((title, chart))
    if result.importance:
        chart = figures.importance(result.importance, result.primary_metric)
        found.append((_("What the model relies on"), chart))
    return found


def digests(run: ExperimentRun, result: TrainingResult | None) -> list[tuple[str, str]]:
    """What tells whether something is the same: of the data, the files and the environment."""
    lines = [
        (_("Configuration"), run.digest),
        (_("Dataset"), run.spec.dataset.fingerprint),
    ]
    if result is not None:
        lines += [(name.replace("_", " "), text) for name, text in result.digests.items()]
        lines += [(name.replace("_", " "), text) for name, text in result.environment.items()]
    return lines


# The template -------------------------------------------------------------------------------------


@cache
def _environment(_language: str) -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(
        _=_,
        ngettext=ngettext,
        words=words,
        run_name=judged.run_name,
        path_words=path_words,
        value=_value,
        rows_word=judged.rows_word,
    )
    made.filters["bold"] = bold
    return made


def bold(text: str) -> Markup:
    """Text whose only mark-up is ``**bold**``, as HTML."""
    parts = [
        Markup("<strong>{}</strong>").format(part) if place % 2 else escape(part)
        for place, part in enumerate(_BOLD.split(text))
    ]
    return Markup("").join(parts)


def _value(row: ParamRow, place: int) -> tuple[str, bool]:
    """A value of the configuration in words, and whether the run has it."""
    value: Any = row.values[place]
    return value_words(value, row.path), value != MISSING
