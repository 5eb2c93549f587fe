"""The versions of a dataset, and one of them beside another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from mlops_core import words
from mlops_core.domain.drift import Kind, Shift
from mlops_core.domain.records import Dataset, DatasetSummary
from mlops_core.i18n import _, ngettext
from mlops_core.services import datasets, versions
from mlops_core.services.versions import Comparison
from mlops_core.store.workspace import Workspace
from ui import charts, column_charts, links
from ui import experiment_filters as filters
from ui.build import MOST_ROWS, ROW_HEIGHT, pick_table, table_height, when_column
from ui.errors import attempt, show_error
from ui.group_names import group_names
from ui.layout import card, metric_card, time_zone
from ui.plan import set_plan

SCOPE = "versions"
DEFAULTS: dict[str, filters.Value] = {"beside": ""}
SHOWN_GROUPS = 20  # of values in a chart


def show(ws: Workspace, dataset: Dataset) -> None:
    every = datasets.versions(ws, dataset.name)
    with card(_("Versions"), key="versions", height="content"):
        _table(dataset, every)
    others = {str(item.version): item for item in every if item.id != dataset.id}
    if others:
        _side_by_side(ws, dataset, others)


def _table(dataset: Dataset, every: Sequence[DatasetSummary]) -> None:
    pick_table(
        [_row(item, dataset.id) for item in every],
        [item.id for item in every],
        {
            "version": st.column_config.TextColumn(_("Version"), width="small"),
            "shown": st.column_config.TextColumn("", width="small"),
            "rows": st.column_config.NumberColumn(_("Rows"), format="localized"),
            "columns": st.column_config.NumberColumn(_("Columns"), format="localized"),
            "target": st.column_config.TextColumn(_("Target")),
            "experiments": st.column_config.NumberColumn(_("Used by")),
            "added": when_column(_("Added")),
        },
        key="dataset_versions",
        on_pick=lambda id: set_plan(dataset=id),
        alt=_("Versions of {name}").format(name=dataset.name),
    )
    if st.button(_("Import the next version"), icon=":material/upload:"):
        links.go("data", dataset=dataset.id, view="import", name=dataset.name)


def _row(item: DatasetSummary, shown: int) -> dict[str, object]:
    return {
        "version": words.version(item.version),
        "shown": _("shown") if item.id == shown else "",
        "rows": item.rows,
        "columns": item.column_count,
        "target": item.target or words.NOTHING,
        "experiments": item.experiments,
        "added": item.created_at.astimezone(time_zone()),
    }


def _side_by_side(ws: Workspace, dataset: Dataset, others: dict[str, DatasetSummary]) -> None:
    """``dataset`` beside the version before it, or another one that was chosen."""
    filters.restore(SCOPE, DEFAULTS, {"beside": ["", *others]})
    usual = next((one for one in others if int(one) < dataset.version), list(others)[-1])
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        title = _("{version} beside").format(version=words.version(dataset.version))
        st.markdown(f"##### {words.md(title)}", width="content")
        filters.choice(
            SCOPE,
            "beside",
            _("Beside"),
            [one for one in others if one != usual],
            words.version(int(usual)),
            lambda one: words.version(int(one)),
            110,
        )
    other = others[str(filters.keep(SCOPE, DEFAULTS)["beside"]) or usual]
    pair = sorted([(dataset.version, dataset.id), (other.version, other.id)])
    with st.spinner(_("Comparing the versions"), show_time=True):
        found = attempt(lambda: versions.compare(ws, pair[0][1], pair[1][1]))
    if found.error is not None:
        show_error(found.error)
    if found.value is not None:
        _numbers(found.value)
        _schema(found.value)
        _moved(found.value)


def _numbers(found: Comparison) -> None:
    before, after = found.before, found.after
    missing = [
        sum(column.profile.missing for column in one.columns) / max(1, one.rows * one.column_count)
        for one in (before, after)
    ]
    moved = len(found.moved)
    with st.grid(4, min_column_width=170):
        metric_card(_("Rows"), words.integer(after.rows), note=_rows_note(before, after))
        metric_card(_("Columns"), words.integer(after.column_count), note=_was(before.column_count))
        metric_card(
            _("Missing cells"),
            words.percent(missing[1]),
            note=_("was {value}").format(value=words.percent(missing[0])),
        )
        metric_card(
            _("Columns that moved"),
            words.integer(moved),
            note=_("of {n} compared").format(n=words.integer(len(found.shifts))),
        )


def _was(value: int) -> str:
    return _("was {value}").format(value=words.integer(value))


def _rows_note(before: Dataset, after: Dataset) -> str:
    if not before.rows or before.rows == after.rows:
        return _was(before.rows)
    change = after.rows / before.rows - 1
    sign = "+" if change > 0 else ""
    return f"{_was(before.rows)} ({sign}{words.percent(change)})"


def _schema(found: Comparison) -> None:
    """Columns that came, went or have another type; that there are none is said as well."""
    old, new = words.version(found.before.version), words.version(found.after.version)
    rows = [
        *((one.name, _("new"), "", words.type_word(one.type)) for one in found.came),
        *((one.name, _("gone"), words.type_word(one.type), "") for one in found.went),
        *(
            (one.name, _("another type"), words.type_word(one.type), words.type_word(two.type))
            for one, two in found.retyped
        ),
    ]
    with card(_("Columns and types"), key="version_schema", height="content"):
        if not rows:
            same = _("The same columns and types.")
            st.markdown(f":green[:material/check_circle:] {same}")
            return
        st.dataframe(
            pd.DataFrame(rows, columns=["column", "what", "old", "new"]),
            hide_index=True,
            row_height=ROW_HEIGHT,
            height=table_height(len(rows), MOST_ROWS),
            column_config={
                "column": st.column_config.TextColumn(_("Column")),
                "what": st.column_config.TextColumn(_("Change")),
                "old": st.column_config.TextColumn(old),
                "new": st.column_config.TextColumn(new),
            },
            alt=_("Columns that are new, gone or of another type"),
        )


def _moved(found: Comparison) -> None:
    """Columns whose values, or whose missing share, are spread differently."""
    old, new = words.version(found.before.version), words.version(found.after.version)
    moved = found.moved
    with card(_("Spread differently"), key="version_shifts", height="content"):
        if not moved:
            none = _("No column is spread differently by more than chance would have it.")
            st.markdown(f":green[:material/check_circle:] {none}")
            _basis(found)
            return
        event = st.dataframe(
            _shift_rows(moved),
            key=f"shifts_{found.before.id}_{found.after.id}",
            selection_mode="single-row",
            on_select="rerun",
            row_height=ROW_HEIGHT,
            height=table_height(len(moved), MOST_ROWS),
            column_config=_shift_columns(old, new),
            alt=_("Columns that moved, the furthest first, with both distributions"),
        )
        picked = [moved[row] for row in event.selection.rows if row < len(moved)]
        shown = picked[0] if picked else moved[0]
        if shown.spread.kind is not Kind.NONE:
            _chart(found, shown, (old, new))
        _basis(found)


def _shift_rows(moved: Sequence[Shift]) -> pd.DataFrame:
    missing = [_missing_shares(one) for one in moved]
    return pd.DataFrame(
        {
            "distance": pd.array([_distance(one) for one in moved], dtype="Float64"),
            "before": [_shares(one.spread.before) for one in moved],
            "after": [_shares(one.spread.after) for one in moved],
            "missing_before": [before for before, _after in missing],
            "missing_after": [after for _before, after in missing],
        },
        index=pd.Index([one.spread.column for one in moved], name=_("Column")),
    )


def _shift_columns(old: str, new: str) -> dict[str, Any]:
    config = st.column_config
    return {
        "distance": config.ProgressColumn(
            _("Distance"),
            format="%.2f",
            min_value=0.0,
            max_value=1.0,
            width=120,
            help=_(
                "Numbers and dates: Wasserstein, in standard deviations. Others: Jensen-Shannon."
            ),
        ),
        "before": config.BarChartColumn(old, y_min=0, width=150),
        "after": config.BarChartColumn(new, y_min=0, width=150),
        "missing_before": config.NumberColumn(
            _("Missing in {version}").format(version=old), format="percent"
        ),
        "missing_after": config.NumberColumn(
            _("Missing in {version}").format(version=new), format="percent"
        ),
    }


def _distance(one: Shift) -> float | None:
    return None if one.spread.kind is Kind.NONE else one.spread.effect


def _shares(counts: Sequence[int]) -> list[float]:
    whole = max(1, sum(counts))
    return [count / whole for count in counts[:SHOWN_GROUPS]]


def _missing_shares(one: Shift) -> tuple[float, float]:
    before, after = (
        missing / max(1, missing + size)
        for missing, size in zip(one.spread.missing, one.spread.sizes, strict=True)
    )
    return before, after


def _chart(found: Comparison, one: Shift, names: tuple[str, str]) -> None:
    spread = one.spread
    column = found.after.column(spread.column)
    if column is None:
        return
    groups = group_names(column, spread.edges, spread.values, ("others",) if spread.others else ())
    # Under the axis a range is told by its lower end, or there is no room for twenty.
    shown = {
        group: group.split(" – ")[0] if spread.edges else words.clip(group)
        for group in groups[:SHOWN_GROUPS]
    }
    figure = column_charts.side_by_side(shown, _shares(spread.before), _shares(spread.after), names)
    st.markdown(f"**{words.md(spread.column)}**")
    told = _("How {column} is spread in both versions").format(column=spread.column)
    charts.show(figure, alt=told, key="version_shift_chart", height=280)


def _basis(found: Comparison) -> None:
    """What the judgement rests on."""
    looked_at, rows = found.looked_at, (found.before.rows, found.after.rows)
    parts = [
        _(
            "A column counts as moved when chance is an unlikely reason (Benjamini-Hochberg over"
            " all columns at 5 %) and its distance is more than 0.05."
        )
    ]
    if looked_at != rows:
        most = words.integer(max(looked_at))
        parts.append(
            ngettext(
                "Counted over an even part of at most {n} row of each version.",
                "Counted over an even part of at most {n} rows of each version.",
                max(looked_at),
            ).format(n=most)
        )
    st.caption(" ".join(parts))
