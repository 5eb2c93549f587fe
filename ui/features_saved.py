"""The feature sets that were saved for a dataset: versions, what they lack, removal."""

from __future__ import annotations

import streamlit as st

from mlops_core import words
from mlops_core.domain.records import Dataset, FeatureSet
from mlops_core.i18n import _
from mlops_core.services import features
from mlops_core.store.workspace import Workspace
from ui.build import do, pick_table, when_column
from ui.layout import card, confirm, time_zone
from ui.plan import set_plan
from ui.preparation import preparation_words


def show_saved(ws: Workspace, dataset: Dataset, base: FeatureSet | None) -> None:
    sets = features.list_feature_sets(ws, dataset_name=dataset.name, latest_only=False)
    with card(_("Saved"), _("for {name}").format(name=dataset.name), height="content"):
        if not sets:
            st.caption(_("Nothing is saved yet; runs use the suggestion until something is."))
            return
        pick_table(
            [_row(item, dataset, base) for item in sets],
            [item.id for item in sets],
            {
                "name": st.column_config.TextColumn(_("Name"), width="medium"),
                "version": st.column_config.TextColumn(_("Version"), width="small"),
                "shown": st.column_config.TextColumn("", width="small"),
                "columns": st.column_config.TextColumn(_("Columns")),
                "preparation": st.column_config.TextColumn(_("Preparation"), width="medium"),
                "lacks": st.column_config.TextColumn(_("Fits this dataset")),
                "saved": when_column(_("Saved")),
            },
            key="features_saved",
            on_pick=lambda id: set_plan(features=id),
            alt=_("Saved feature sets"),
        )
        st.caption(_("Choose a row to open it."))
        if base is not None:
            _removal(ws, base)


def _row(item: FeatureSet, dataset: Dataset, base: FeatureSet | None) -> dict[str, object]:
    lacking = features.missing_columns(item, dataset)
    config = item.config
    if config.include == "all":
        taken = _("all but {n}").format(n=len(config.exclude)) if config.exclude else _("all")
    else:
        taken = words.integer(len(config.include))
    return {
        "name": item.name,
        "version": words.version(item.version),
        "shown": _("shown") if base and item.id == base.id else "",
        "columns": taken,
        "preparation": preparation_words(config),
        "lacks": _("{n} columns are not there").format(n=len(lacking)) if lacking else _("Yes"),
        "saved": item.created_at.astimezone(time_zone()),
    }


def _removal(ws: Workspace, item: FeatureSet) -> None:
    version = words.version(item.version)
    label = _("Remove {name} {version}").format(name=words.clip(item.name), version=version)
    if st.button(words.md(label), icon=":material/delete:", disabled=item.used):
        confirm(
            words.md(label),
            _("This version is deleted for good; the other versions stay."),
            _("Remove"),
            lambda: _remove(ws, item),
        )
    if item.used:
        st.caption(_("An experiment uses it, so it is kept."))


def _remove(ws: Workspace, item: FeatureSet) -> None:
    def call() -> bool:
        features.remove(ws, item.id)
        return True

    if do(call, lambda _removed: _("{name} was removed").format(name=item.name)):
        set_plan(features=None)
