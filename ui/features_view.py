"""The Features page: a searchable table of columns, their preparation, and what was saved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from mlops_core import words
from mlops_core.domain.columns import Column, ColumnRole
from mlops_core.domain.configs import FeatureConfig
from mlops_core.domain.records import Dataset, DatasetSummary, FeatureSet
from mlops_core.errors import MlopsError
from mlops_core.i18n import _, ngettext
from mlops_core.services import features
from mlops_core.store.workspace import Workspace
from ui import features_draft, links
from ui.build import ROW_HEIGHT, bars, search_field, show_kept_error, table_height
from ui.errors import attempt, field_errors, other_errors, show_error
from ui.features_draft import Draft
from ui.features_saved import show_saved
from ui.layout import card, empty_state, notify
from ui.plan import current_plan, set_plan
from ui.preparation import preparation_form

SHOWN_ROWS = 14
SHOWN_NAMES = 8


def context(dataset: Dataset | None) -> str:
    if dataset is None:
        return _("Which columns a model sees, and how they are prepared for it.")
    told = _("Which columns of {dataset} a model sees. Without a choice, the suggestion is used.")
    return told.format(dataset=f"{dataset.name} {words.version(dataset.version)}")


def show(
    ws: Workspace,
    known: Sequence[DatasetSummary],
    dataset: Dataset | None,
    error: MlopsError | None,
) -> None:
    show_kept_error()
    if error is not None:
        show_error(error)
    if not known:
        with empty_state(
            _("No data yet"),
            _("Features are columns of a dataset. Import a file or take a sample first."),
            icon=":material/tune:",
        ):
            links.step(_("Go to the data"), "data", icon=":material/database:")
        return
    _choosers(ws, known, dataset)
    if dataset is None:
        with empty_state(
            _("No dataset chosen"),
            _("Choose one above: its columns appear here, with suggested roles."),
            icon=":material/database:",
        ):
            pass
        return
    base = _base(ws, dataset)
    draft = _draft(dataset, base)
    _warnings(dataset, base)
    columns = [column for column in dataset.columns if column.name in draft.roles]
    found = _toolbar(dataset, draft, columns)
    left, right = st.columns([5, 2])
    with right, card(_("Preparation"), key="preparation", height="content"):
        preparation = preparation_form(f"prep_{_scope(dataset, base)}", draft.base)
    with left:
        _table(dataset, draft, found, _scope(dataset, base))
        _save(ws, dataset, base, draft.config(dataset, preparation), len(draft.used))
    show_saved(ws, dataset, base)


# What is shown ------------------------------------------------------------------------------------


def _choosers(ws: Workspace, known: Sequence[DatasetSummary], dataset: Dataset | None) -> None:
    by_id = {item.id: item for item in known}
    st.session_state["features_dataset"] = dataset.id if dataset else None
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.selectbox(
            _("Dataset"),
            list(by_id),
            index=None,
            format_func=lambda id: f"{by_id[id].name} {words.version(by_id[id].version)}",
            key="features_dataset",
            on_change=_plan_dataset,
            placeholder=_("Choose a dataset"),
            width=320,
        )
        if dataset is None:
            return
        sets = features.list_feature_sets(ws, dataset_name=dataset.name, latest_only=False)
        # A select box takes None for "nothing chosen", so 0 stands for the suggestion.
        names = {0: _("The suggestion")}
        names |= {item.id: f"{item.name} {words.version(item.version)}" for item in sets}
        chosen = current_plan().features
        st.session_state["features_set"] = chosen if chosen in names else 0
        st.selectbox(
            _("Start from"),
            list(names),
            format_func=names.__getitem__,
            key="features_set",
            on_change=_plan_features,
            width=280,
        )


def _plan_dataset() -> None:
    set_plan(dataset=st.session_state["features_dataset"])


def _plan_features() -> None:
    set_plan(features=st.session_state["features_set"] or None)


def _base(ws: Workspace, dataset: Dataset) -> FeatureSet | None:
    """The saved features of the plan, if they are of this dataset."""
    chosen = current_plan().features
    if chosen is None:
        return None
    found = attempt(lambda: features.get_feature_set(ws, chosen)).value
    return found if found is not None and found.dataset_name == dataset.name else None


def _scope(dataset: Dataset, base: FeatureSet | None) -> str:
    return f"{dataset.id}_{base.id if base else 0}_{dataset.target}"


def _draft(dataset: Dataset, base: FeatureSet | None) -> Draft:
    key = f"_draft_{_scope(dataset, base)}"
    if key not in st.session_state:
        config = base.config if base else features_draft.suggested(dataset)
        st.session_state[key] = Draft.of(dataset, config)
    draft: Draft = st.session_state[key]
    return draft


def _warnings(dataset: Dataset, base: FeatureSet | None) -> None:
    if not dataset.target:
        st.info(
            _("No target is chosen yet, so every column is listed. Choose it on the Data page."),
            icon=":material/flag:",
        )
    missing = features.missing_columns(base, dataset) if base else ()
    if missing and base:
        names = ", ".join(missing[:SHOWN_NAMES])
        if len(missing) > SHOWN_NAMES:
            names = _("{names} and {n} more").format(names=names, n=len(missing) - SHOWN_NAMES)
        st.warning(
            words.md(
                _(
                    "{features} counts on columns that {dataset} lacks: {names}. "
                    "They are left out here; save to make a version that fits."
                ).format(
                    features=f"{base.name} {words.version(base.version)}",
                    dataset=f"{dataset.name} {words.version(dataset.version)}",
                    names=names,
                )
            ),
            icon=":material/warning:",
        )


# The table ----------------------------------------------------------------------------------------


def _toolbar(dataset: Dataset, draft: Draft, columns: Sequence[Column]) -> list[Column]:
    """Filters and what can be done with all that they leave; the columns that are left."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        search = search_field(_("Search"), key="features_q", placeholder=_("Search columns"))
        roles = list(dict.fromkeys(draft.roles.values()))
        role = st.selectbox(
            _("Role"),
            ["", *roles],
            format_func=lambda value: words.role_word(value) if value else _("Any role"),
            key="features_role",
            label_visibility="collapsed",
            width=160,
        )
        found = [column for column in columns if _matches(column, draft, search, role)]
        narrowed = len(found) < len(columns)
        _bulk(dataset, draft, found, narrowed)
        told = _("{used} of {total} columns are used").format(
            used=words.integer(len(draft.used)), total=words.integer(len(columns))
        )
        st.caption(told, width="content")
    return found


def _table(dataset: Dataset, draft: Draft, found: Sequence[Column], scope: str) -> None:
    if not found:
        with empty_state(
            _("No column matches"),
            _("Other columns are there, but none has this name or role."),
            icon=":material/search_off:",
        ):
            st.button(_("Clear the filters"), on_click=_clear)
        return
    search, role = st.session_state["features_q"], st.session_state["features_role"]
    key = f"features_{scope}_{search}_{role}"
    st.data_editor(
        _frame(found, draft, dataset.rows),
        key=key,
        column_config=_columns(),
        disabled=["type", "missing", "distinct", "bars", "_index"],
        on_change=lambda: _edited(key, found, draft),
        row_height=ROW_HEIGHT,
        height=table_height(len(found), SHOWN_ROWS),
        alt=_("Columns: used or not, type, role, missing and distinct values, distribution"),
    )


def _matches(column: Column, draft: Draft, search: str, role: ColumnRole | str) -> bool:
    named = search.strip().casefold() in column.name.casefold()
    return named and role in ("", draft.roles[column.name])


def _clear() -> None:
    st.session_state["features_q"] = ""
    st.session_state["features_role"] = ""


def _bulk(dataset: Dataset, draft: Draft, found: Sequence[Column], narrowed: bool) -> None:
    """The same for all columns, or for those that the filter left."""

    def use(wanted: bool) -> None:
        features_draft.each(draft, found, lambda one, column: one.use(column, wanted))

    def suggest() -> None:
        fresh = Draft.of(dataset, features_draft.suggested(dataset))
        names = {column.name for column in found}
        draft.used = (draft.used - names) | (fresh.used & names)
        draft.roles |= {name: fresh.roles[name] for name in names}

    st.button(
        _("Use these") if narrowed else _("Use all"),
        on_click=use,
        args=(True,),
        disabled=not found,
        icon=":material/check_box:",
        key="features_all",
    )
    st.button(
        _("Use none of these") if narrowed else _("Use none"),
        on_click=use,
        args=(False,),
        disabled=not found,
        icon=":material/check_box_outline_blank:",
        key="features_none",
    )
    st.button(
        _("As suggested"),
        on_click=suggest,
        disabled=not found,
        icon=":material/auto_fix_high:",
        key="features_suggest",
    )


def _frame(columns: Sequence[Column], draft: Draft, rows: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "used": [column.name in draft.used for column in columns],
            "type": [words.type_word(column.type) for column in columns],
            "role": [draft.roles[column.name].value for column in columns],
            "missing": [column.profile.missing / rows if rows else 0.0 for column in columns],
            "distinct": [column.profile.distinct for column in columns],
            "bars": [bars(column) for column in columns],
        },
        index=pd.Index([column.name for column in columns], name=_("Column")),
    )


def _columns() -> dict[str, Any]:
    config = st.column_config
    return {
        "_index": config.TextColumn(_("Column"), width=130, pinned=True),
        "used": config.CheckboxColumn(_("Used"), width=80, required=True),
        "type": config.TextColumn(_("Type"), width=105),
        "role": config.SelectboxColumn(
            _("Role"),
            options=[role.value for role in ColumnRole],
            format_func=lambda value: words.role_word(ColumnRole(str(value))),
            required=True,
            width=120,
            help=_("How a model sees the column. Double-click to change it."),
        ),
        "missing": config.ProgressColumn(
            _("Missing"), format="percent", min_value=0.0, max_value=1.0, width=100
        ),
        "distinct": config.NumberColumn(_("Distinct"), format="localized", width=75),
        "bars": config.BarChartColumn(
            _("Distribution"), y_min=0, width=90, help=_("Counts by range, or by frequent value")
        ),
    }


def _edited(key: str, columns: Sequence[Column], draft: Draft) -> None:
    """Take over what was changed in the table."""
    for row, cells in st.session_state[key]["edited_rows"].items():
        column = columns[int(row)]
        if cells.get("role") is not None:
            draft.set_role(column, ColumnRole(cells["role"]))
        if cells.get("used") is not None:
            draft.use(column, bool(cells["used"]))


# Saving -------------------------------------------------------------------------------------------


def _save(
    ws: Workspace,
    dataset: Dataset,
    base: FeatureSet | None,
    config: FeatureConfig,
    used: int,
) -> None:
    error: MlopsError | None = st.session_state.pop("_features_error", None)
    with card(key="save_features", height="content"):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            name = st.text_input(
                _("Name"),
                base.name if base else _("{dataset} features").format(dataset=dataset.name),
                key=f"features_name_{_scope(dataset, base)}",
                help=_("A name that exists gets its next version."),
            )
            save = st.button(_("Save"), icon=":material/check:", disabled=not used)
        if not used:
            too_few = _("Use at least one column.")
            st.markdown(f":red[:material/error: {too_few}]")
        elif base and config != base.config:
            st.caption(_("Changed since {version}.").format(version=words.version(base.version)))
        field_errors(error, "name")
        other_errors(error, "name")
    if save:
        outcome = attempt(lambda: features.save(ws, name, dataset.id, config))
        st.session_state["_features_error"] = outcome.error
        if outcome.value is not None:
            saved = outcome.value
            set_plan(features=saved.id)
            told = ngettext(
                "{name} {version} was saved with {n} column",
                "{name} {version} was saved with {n} columns",
                used,
            )
            notify(told.format(name=saved.name, version=words.version(saved.version), n=used))
        st.rerun()
