"""The columns of a dataset with their profiles."""

from __future__ import annotations

from typing import Any, TypeAlias

import pandas as pd
import streamlit as st

from mlops_core import words
from mlops_core.domain.columns import Column, ColumnProfile, ColumnType
from mlops_core.domain.findings import Finding
from mlops_core.domain.records import Dataset
from mlops_core.domain.relations import Relations
from mlops_core.i18n import N_, _
from mlops_core.services.relations import relations
from mlops_core.store.workspace import Workspace
from ui import charts, column_charts
from ui import experiment_filters as filters
from ui.build import MOST_ROWS, ROW_HEIGHT, bars, search_field, table_height
from ui.finding_words import by_column, kind_word, list_findings
from ui.layout import card, empty_state, facts
from ui.relation_view import show_relation, strength

SCOPE = "columns"
DEFAULTS: dict[str, filters.Value] = {"find": "", "type": "", "finding": "", "by": "file"}
NARROWING = ("find", "type", "finding")
ANY, NONE = "any", "none"  # choices of findings besides their kinds
SORTS = {
    "file": N_("Order of the file"),
    "name": N_("Name"),
    "-missing": N_("Most missing"),
    "-distinct": N_("Most distinct"),
    "-findings": N_("Most findings"),
    "-strength": N_("Most telling"),
}
Findings: TypeAlias = dict[str, list[Finding]]
_DATES = (ColumnType.DATE, ColumnType.DATETIME)


def show_columns(ws: Workspace, dataset: Dataset) -> None:
    """The profile of every column; choosing one shows it large."""
    findings, known = by_column(dataset.findings), relations(dataset)
    found = _sorted(_narrowed(dataset, findings), findings, known)
    if not found:
        with empty_state(
            _("No column matches"),
            _("{n} columns are there, but none is like this.").format(
                n=words.integer(dataset.column_count)
            ),
            icon=":material/search_off:",
        ):
            st.button(
                _("Clear the filters"),
                on_click=filters.clear,
                args=(SCOPE, DEFAULTS, *NARROWING),
            )
        return
    if len(found) < dataset.column_count:
        told = _("{n} of {total} columns match").format(
            n=words.integer(len(found)), total=words.integer(dataset.column_count)
        )
        st.caption(told)
    event = st.dataframe(
        _profiles(found, dataset.rows, findings, known),
        # Another key for another list, so that a choice never means another column.
        key=f"columns_{dataset.id}_{hash(tuple(column.name for column in found))}",
        column_config=_profile_columns(dataset),
        selection_mode="single-row",
        on_select="rerun",
        row_height=ROW_HEIGHT,
        height=table_height(len(found), MOST_ROWS),
        alt=_("Columns with type, missing values, distinct values and distribution"),
    )
    picked = [found[row] for row in event.selection.rows if row < len(found)]
    if picked:
        _column_card(picked[0], dataset.rows, findings.get(picked[0].name, []))
        show_relation(ws, dataset, picked[0], known)
    else:
        st.caption(_("Select a row to see the distribution and the most frequent values."))


def _narrowed(dataset: Dataset, findings: Findings) -> list[Column]:
    """The tool bar, and the columns that meet all of it."""
    types = list(dict.fromkeys(str(column.type) for column in dataset.columns))
    kinds = sorted({one.code for found in findings.values() for one in found}, key=kind_word)
    filters.restore(
        SCOPE,
        DEFAULTS,
        {"type": ["", *types], "finding": ["", ANY, NONE, *kinds], "by": list(SORTS)},
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        search_field(_("Search"), key=f"{SCOPE}.find", placeholder=_("Search columns"))
        filters.choice(
            SCOPE,
            "type",
            _("Type"),
            types,
            _("Any type"),
            lambda one: words.type_word(ColumnType(one)),
            170,
        )
        filters.choice(
            SCOPE,
            "finding",
            _("Findings"),
            [ANY, NONE, *kinds],
            _("With and without findings"),
            _finding_word,
            230,
        )
        filters.sorting(SCOPE, "by", {key: _(word) for key, word in SORTS.items()})
    chosen = filters.keep(SCOPE, DEFAULTS)
    wanted = str(chosen["find"]).strip().casefold()
    return [
        column
        for column in dataset.columns
        if wanted in column.name.casefold()
        and chosen["type"] in ("", column.type)
        and _has(findings.get(column.name, []), str(chosen["finding"]))
    ]


def _finding_word(choice: str) -> str:
    common = {ANY: _("With a finding"), NONE: _("Without findings")}
    return common.get(choice) or kind_word(choice)


def _has(findings: list[Finding], choice: str) -> bool:
    if choice in ("", ANY, NONE):
        return not choice or bool(findings) == (choice == ANY)
    return any(finding.code == choice for finding in findings)


def _sorted(columns: list[Column], findings: Findings, known: Relations | None) -> list[Column]:
    """In the chosen order; equals stay in the order of the file."""
    match st.session_state[f"{SCOPE}.by"]:
        case "name":
            return sorted(columns, key=lambda column: column.name.casefold())
        case "-missing":
            return sorted(columns, key=lambda column: -column.profile.missing)
        case "-distinct":
            return sorted(columns, key=lambda column: -column.profile.distinct)
        case "-findings":
            return sorted(columns, key=lambda column: -len(findings.get(column.name, [])))
        case "-strength":
            return sorted(columns, key=lambda column: -(strength(known, column) or 0))
    return columns


def _profiles(
    columns: list[Column], rows: int, findings: Findings, known: Relations | None
) -> pd.DataFrame:
    related = [strength(known, column) for column in columns]
    return pd.DataFrame(
        {
            "type": [words.type_word(column.type) for column in columns],
            "missing": [column.profile.missing / rows if rows else 0.0 for column in columns],
            "distinct": [column.profile.distinct for column in columns],
            "bars": [bars(column) for column in columns],
            **({"strength": pd.array(related, dtype="Float64")} if known else {}),
            "findings": [_finding_words(findings.get(column.name, [])) for column in columns],
            "range": [_range(column) for column in columns],
            "mean": pd.array([column.profile.mean for column in columns], dtype="Float64"),
            "top": [_most_frequent(column) for column in columns],
        },
        index=pd.Index([column.name for column in columns], name=_("Column")),
    )


def _finding_words(findings: list[Finding]) -> str:
    return ", ".join(dict.fromkeys(kind_word(finding.code) for finding in findings))


def _profile_columns(dataset: Dataset) -> dict[str, Any]:
    config = st.column_config
    return {
        "type": config.TextColumn(_("Type"), width=120),
        "missing": config.ProgressColumn(
            _("Missing"), format="percent", min_value=0.0, max_value=1.0, width=120
        ),
        "distinct": config.NumberColumn(_("Distinct"), format="localized", width=90),
        "bars": config.BarChartColumn(
            _("Distribution"), y_min=0, width=140, help=_("Counts by range, or by frequent value")
        ),
        "strength": config.ProgressColumn(
            _("With the target"),
            format="%.2f",
            min_value=0.0,
            max_value=1.0,
            width=120,
            help=_("How much it tells about {target} by itself: 0 nothing, 1 everything").format(
                target=words.md(dataset.target or "")
            ),
        ),
        "findings": config.TextColumn(_("Findings"), width=150),
        "range": config.TextColumn(_("From – to"), width=170),
        # As a number, for a click on the header sorts by it.
        "mean": config.NumberColumn(_("Mean"), format="%.4g", width=90),
        "top": config.TextColumn(_("Most frequent"), width=160),
    }


def _end(column: Column, value: float | str | None) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    whole = column.type is ColumnType.INTEGER and abs(value) < 1e15
    return words.integer(int(value)) if whole else words.number(value, 4)


def _range(column: Column) -> str:
    low, high = _end(column, column.profile.minimum), _end(column, column.profile.maximum)
    return f"{low} – {high}" if low or high else ""


def _most_frequent(column: Column) -> str:
    top = column.profile.top
    return f"{top[0].value} ({words.integer(top[0].count)})" if top else ""


def _column_card(column: Column, rows: int, findings: list[Finding]) -> None:
    left, right = st.columns([3, 2])
    with left, card(column.name, words.type_word(column.type), key="column_chart"):
        distribution(column, key="column_distribution", height=240)
    with right, card(_("Facts"), key="column_facts"):
        facts(_column_facts(column, rows))
    if findings:
        with card(_("Findings"), key="column_findings", height="content"):
            list_findings(findings)


def _distinct(profile: ColumnProfile) -> str:
    count = words.integer(profile.distinct)
    return _("about {n}").format(n=count) if profile.estimated else count


def _column_facts(column: Column, rows: int) -> list[tuple[str, str]]:
    profile = column.profile
    share = words.percent(profile.missing / rows if rows else 0.0)
    known = [
        (_("Suggested role"), words.role_word(column.role)),
        (_("Why"), _(column.role_reason) if column.role_reason else ""),
        (_("Missing"), f"{words.integer(profile.missing)} ({share})"),
        (_("Distinct"), _distinct(profile)),
        (_("From – to"), _range(column)),
        (_("Mean"), words.number(profile.mean) if profile.mean is not None else ""),
        (_("Spread"), words.number(profile.std) if profile.std is not None else ""),
        (_("Middle value"), words.number(profile.quantiles[2]) if profile.quantiles else ""),
        (_("Longest text"), words.integer(profile.max_length) if profile.max_length else ""),
        (_("Name in the file"), column.original if column.original != column.name else ""),
    ]
    return [(name, value) for name, value in known if value]


def distribution(column: Column, *, key: str, height: int) -> None:
    """How the values are spread: a histogram, else the most frequent values."""
    profile = column.profile
    told = _("How the values of {name} are spread").format(name=column.name)
    if profile.histogram and (column.profile.distinct > 10 or not profile.top):
        dated = column.type in _DATES
        # A date axis counts milliseconds; the profile counts seconds.
        edges = [edge * 1000 for edge in profile.edges] if dated else profile.edges
        figure = column_charts.histogram(edges, profile.histogram, column.name)
        if dated:
            figure.update_xaxes(type="date")
            hover = _("{date}: {n} rows").format(date="%{x|%Y-%m-%d}", n="%{y}")
            figure.update_traces(hovertemplate=f"{hover}<extra></extra>")
        charts.show(figure, alt=told, key=key, height=height)
    elif profile.top:
        most = max(top.count for top in profile.top)
        st.dataframe(
            pd.DataFrame(
                {
                    "value": [top.value for top in profile.top],
                    "count": [top.count for top in profile.top],
                }
            ),
            key=key,
            hide_index=True,
            height="content",
            column_config={
                "value": st.column_config.TextColumn(_("Most frequent values")),
                "count": st.column_config.ProgressColumn(
                    _("Rows"), format="localized", min_value=0, max_value=most
                ),
            },
            alt=told,
        )
    else:
        st.caption(_("Its values hardly repeat, so there is no distribution to show."))
