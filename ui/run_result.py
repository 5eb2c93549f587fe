"""What a run that is over has to show: scores, charts, configuration, environment, files."""

from __future__ import annotations

import streamlit as st

from mlops_core import words
from mlops_core.domain.records import ExperimentRun
from mlops_core.domain.results import TrainingResult
from mlops_core.domain.states import RunStatus
from mlops_core.i18n import N_, _, current_language
from mlops_core.metrics import METRICS
from mlops_core.reports.documents import DOCUMENTS
from mlops_core.services import judging, runs
from mlops_core.store.workspace import Workspace
from mlops_core.words import allocations
from mlops_core.words.judged import between, floor_answer, floor_sentence, rows_word
from ui import (
    calibration_view,
    charts,
    links,
    reproduction_view,
    rows_view,
    run_so_far,
    run_view,
    seeds_view,
    sizing_view,
    threshold_view,
    what_if_view,
)
from ui.confusion_chart import confusion
from ui.layout import card, facts, metric_card
from ui.live import run_live
from ui.wide_table import Cell, wide_table

_VIEWS = {
    "results": N_("Results"),
    "what_if": N_("What if"),
    "time": N_("Over time and log"),
    "configuration": N_("Configuration"),
    "files": N_("Files and environment"),
}


def show(ws: Workspace, run: ExperimentRun) -> None:
    """Everything of a run that is over, in parts of which one is open."""
    result = runs.result(ws, run.id)
    if result is None and run.status is RunStatus.COMPLETED:
        st.warning(
            _("The scores and charts of this run are no longer in its folder. Run it again."),
            icon=":material/folder_off:",
        )
    reproduction_view.show(ws, run)
    _headline(ws, run, result)
    sizing_view.after(ws, run)
    if run.status is not RunStatus.COMPLETED:
        run_so_far.scores(ws, run)
    asks = result is not None and any(one.key == "model" for one in runs.artifacts(ws, run.id))
    absent = {*(() if result is not None else ("results",)), *(() if asks else ("what_if",))}
    views = [name for name in _VIEWS if name not in absent]
    key, last = f"parts-{run.id}", f"parts-told-{run.id}"
    asked_for = links.query_text("view") or views[0]
    if asked_for in views and asked_for != st.session_state.get(last):
        st.session_state[key] = _(_VIEWS[asked_for])  # the URL says so, and not a click
    tabs = st.tabs([_(_VIEWS[name]) for name in views], on_change="rerun", key=key)
    for name, tab in zip(views, tabs, strict=True):
        if tab.open:
            st.session_state[last] = name
            links.set_query(view=None if name == views[0] else name)
            with tab:
                _part(ws, run, result, name)


def _part(ws: Workspace, run: ExperimentRun, result: TrainingResult | None, name: str) -> None:
    if name == "results" and result is not None:
        _results(ws, run, result)
    elif name == "what_if":
        what_if_view.show(ws, run)
    elif name == "time":
        run_live(run)
        run_so_far.history(ws, run)
    elif name == "configuration":
        run_view.configuration(run, result.params if result else None)
        if result is not None and result.features:
            _features(result)
    elif name == "files":
        _files(ws, run, result)


def _headline(ws: Workspace, run: ExperimentRun, result: TrainingResult | None) -> None:
    """The primary metric, then what the run took of its allocation."""
    with st.grid(4 if result is not None else 3, min_column_width=170):
        if result is not None:
            name = result.primary_metric
            folds = result.cv.get(name)
            held = result.holdout.get(name)
            over = (
                _("{spread} over {n} folds").format(
                    spread=words.spread(folds.mean, folds.std, name), n=len(folds.folds)
                )
                if folds
                else ""
            )
            own = judging.judge_run(ws, run, name)
            sure = "" if own.low is None else between(own.low, own.high, name)
            value = held if held is not None else folds.mean if folds else None
            where = _("hold-out") if held is not None else _("mean over folds")
            metric_card(
                f"{words.metric_label(name)}, {where}",
                words.metric_value(name, value),
                note=sure or over,
                help="  \n".join([_("Below: the 95 % interval."), over]) if sure else None,
            )
        _used(run)


def _used(run: ExperimentRun) -> None:
    usage = run.usage
    limit = words.duration(run.time_limit_hours * 3600)
    metric_card(
        _("Time"),
        words.duration(usage.wall_seconds),
        note=_("of {limit} allowed").format(limit=limit),
        help=_("Disk: {read} read, {written} written").format(
            read=words.megabytes(usage.read_mb), written=words.megabytes(usage.write_mb)
        ),
    )
    metric_card(
        _("Peak memory"),
        words.megabytes(usage.peak_memory_mb),
        note=_("of {limit} allowed").format(limit=words.gigabytes(run.memory_gb)),
        help=_("Mean over time: {size}").format(size=words.megabytes(usage.mean_memory_mb)),
    )
    cores = allocations.cores(run.cpu_cores)
    busy = usage.cpu_efficiency(run.cpu_cores)
    metric_card(
        _("Processor time"),
        words.duration(usage.cpu_seconds),
        note=_("on {cores}").format(cores=cores)
        if busy is None
        else _("{share} of {cores}").format(share=words.percent(round(busy, 2)), cores=cores),
        help=_("The share is processor time by time and cores: how busy the cores were."),
    )
    if run.gpus:
        asked = run.spec.resources.gpu_memory_gb
        busy = usage.mean_gpu_percent
        metric_card(
            _("Peak GPU memory"),
            words.megabytes(usage.peak_gpu_memory_mb),
            note=_("of {limit} allowed").format(limit=words.gigabytes(asked))
            if asked
            else _("on {gpus}").format(gpus=allocations.gpus(run.gpus)),
            help=_("Busy on average: {share} of one GPU").format(share=words.percent(busy / 100))
            if busy is not None
            else None,
        )


# Results ------------------------------------------------------------------------------------------


def _results(ws: Workspace, run: ExperimentRun, result: TrainingResult) -> None:
    if result.warnings:
        dash = "- " if len(result.warnings) > 1 else ""
        lines = "\n".join(f"{dash}{words.md(text)}" for text in result.warnings)
        st.warning(lines, icon=":material/warning:")
    left, right = st.columns(2)
    with left, card(_("Scores")):
        _how_sure(ws, run, result)
        _scores(result)
    with right:
        _first_chart(run, result)
        seeds_view.spread(ws, run, result)
    _curves(result)
    calibration_view.calibration(ws, run)
    threshold_view.threshold(ws, run)
    _importance(result)
    rows_view.worst(ws, run)


def _how_sure(ws: Workspace, run: ExperimentRun, result: TrainingResult) -> None:
    """The interval of the primary metric, and what it is worth beside no model at all."""
    metric = result.primary_metric
    judged = judging.judge_run(ws, run, metric)
    lines = []
    if judged.floor is not None:
        lines.append(f"**{floor_sentence(judged.floor, metric)}**")
    if judged.low is not None:
        low, high = (words.metric_value(metric, end) for end in (judged.low, judged.high))
        lines.append(
            _("{metric}: 95 % interval {low} – {high}").format(
                metric=words.metric_label(metric), low=low, high=high
            )
        )
    if lines:
        st.markdown("  \n".join(lines))


def _scores(result: TrainingResult) -> None:
    """One row a metric, the primary one on top."""
    names = [name for name in METRICS if name in result.holdout or name in result.cv]
    names.sort(key=lambda name: name != result.primary_metric)
    over = _("mean ± spread over folds")
    head = [Cell(_("Metric")), Cell(_("Hold-out"), over if result.cv else "")]
    if not result.holdout:
        head[1] = Cell(_("Folds"), over)
    if result.floor is not None:
        head.append(Cell(floor_answer(result.floor.says(result.classes)), _("without a model")))
    lines = []
    for name in names:
        down = "" if METRICS[name].greater_is_better else _("lower is better")
        line = [Cell(words.metric_label(name), down), _score(result, name)]
        if result.floor is not None:
            value = words.metric_value(name, result.floor.value(name))
            line.append(Cell(value, tone="faint"))
        lines.append(line)
    wide_table(head, lines, label=_("Scores"))


def _score(result: TrainingResult, name: str) -> Cell:
    held, folds = result.holdout.get(name), result.cv.get(name)
    tone = "strong" if name == result.primary_metric else ""
    over = words.spread(folds.mean, folds.std, name) if folds else ""
    if not result.holdout:
        return Cell(over or words.NOTHING, tone=tone)
    return Cell(words.metric_value(name, held), over, tone=tone)


def _judged(result: TrainingResult) -> str:
    return _("on the hold-out") if result.evaluated_on == "holdout" else _("over the folds")


def _first_chart(run: ExperimentRun, result: TrainingResult) -> None:
    if result.confusion is not None:
        with card(_("Confusion matrix"), _judged(result)):
            charts.show(
                confusion(result.confusion),
                key="confusion",
                alt=_("How many rows of each true class were predicted as which class."),
            )
    elif result.residuals is not None:
        with card(_("Residuals"), _judged(result)):
            charts.show(
                charts.residuals(result.residuals, run.spec.dataset.target),
                key="residuals",
                alt=_("True minus predicted value against the predicted value."),
            )


def _curves(result: TrainingResult) -> None:
    shown = [
        (result.roc, charts.roc, _("ROC curve"), "roc",
         _("True positive rate against false positive rate.")),
        (result.precision_recall, charts.precision_recall, _("Precision and recall"), "pr",
         _("Precision against recall.")),
    ]  # fmt: skip
    shown = [item for item in shown if item[0]]
    if not shown:
        return
    for column, (curves, draw, title, key, alt) in zip(st.columns(len(shown)), shown, strict=True):
        with column, card(title, _judged(result)):
            charts.show(draw(curves), key=key, alt=alt)


def _importance(result: TrainingResult) -> None:
    with card(_("What the model relies on"), _("permutation importance")):
        if not result.importance:
            st.caption(_("It was not measured for this run."))
            return
        charts.show(
            charts.importance(result.importance, result.primary_metric),
            key="importance",
            alt=_("How much the score falls when one column is shuffled, the largest on top."),
        )
        if len(result.importance) > charts.TOP_FEATURES:
            st.caption(
                _("{shown} of {total}").format(
                    shown=charts.TOP_FEATURES, total=len(result.importance)
                )
            )


# Configuration and files --------------------------------------------------------------------------


def _features(result: TrainingResult) -> None:
    outputs = sum(item.outputs for item in result.features)
    note = _("{columns} columns became {outputs} inputs").format(
        columns=len(result.features), outputs=words.integer(outputs)
    )
    with card(_("Columns"), note, height="content"):
        st.dataframe(
            {
                _("Column"): [item.column for item in result.features],
                _("Role"): [words.role_key(item.role) for item in result.features],
                _("Inputs"): [item.outputs for item in result.features],
            },
            hide_index=True,
            height=min(38 + 35 * len(result.features), 360),
        )


def _files(ws: Workspace, run: ExperimentRun, result: TrainingResult | None) -> None:
    left, right = st.columns(2)
    with left:
        with card(_("Downloads"), height="content"):
            for artifact in runs.artifacts(ws, run.id):
                _download(run, artifact.key, _(artifact.label), words.size(artifact.bytes))
            for key, kind in DOCUMENTS.items():
                if result is not None or not kind.needs_result:
                    _download(run, key, _(kind.label), _(kind.note))
            _download(run, "log", _("Log"), _("as text"))
            st.caption(_("From a shell: {command}").format(command=_shell(run)))
        if result is not None:
            with card(_("Rows"), height="content"):
                facts([(rows_word(k), words.integer(n)) for k, n in result.rows.items()])
            with card(_("Where the time went"), height="content"):
                facts(
                    [(words.phase_words(k), words.duration(s)) for k, s in result.timings.items()]
                )
    with right, card(_("Environment and digests")):
        facts(_environment(run, result))


def _environment(run: ExperimentRun, result: TrainingResult | None) -> list[tuple[str, str]]:
    rows = [(_("Configuration"), run.digest)]
    if result is not None:
        rows += [(name.replace("_", " "), text) for name, text in result.digests.items()]
        rows += [(name.replace("_", " "), text) for name, text in result.environment.items()]
    limits = [(words.limit_word(k), words.layer_word(how)) for k, how in run.enforcement.items()]
    return [*rows, *limits, (_("Attempt"), words.integer(run.attempt))]


def _shell(run: ExperimentRun) -> str:
    if run.status is RunStatus.COMPLETED:
        return f"`python -m mlops_core runs reproduce {run.id}`"
    return "`python -m mlops_core run spec.yaml --wait`"


def _download(run: ExperimentRun, key: str, label: str, note: str) -> None:
    address = f"/api/runs/{run.id}/files/{key}?lang={current_language()}"
    st.markdown(f":material/download: [{words.md(label)}]({address}) :gray[{words.md(note)}]")
