"""How a column relates to the target: a number for the list, a chart for its card."""

from __future__ import annotations

from functools import partial

import streamlit as st

from mlops_core import words
from mlops_core.domain.columns import Column
from mlops_core.domain.params import Task
from mlops_core.domain.records import Dataset
from mlops_core.domain.relations import Relation, Relations
from mlops_core.i18n import _
from mlops_core.services import datasets
from mlops_core.store.workspace import Workspace
from ui import charts, column_charts
from ui.build import do
from ui.group_names import distinct, group_names
from ui.layout import card

HEIGHT = 300


def strength(relations: Relations | None, column: Column) -> float | None:
    """How much a column tells about the target, from 0 to 1, where that is known."""
    found = relations.columns.get(column.name) if relations else None
    return found.strength if found else None


def show_relation(
    ws: Workspace, dataset: Dataset, column: Column, relations: Relations | None
) -> None:
    """The card of one column beside the target; nothing where there is none to be beside."""
    if dataset.target is None or column.name == dataset.target:
        return
    target = words.clip(dataset.target, 40)
    title = _("With {target}").format(target=target)
    with card(title, key="column_relation", height="content"):
        found = relations.columns.get(column.name) if relations else None
        if relations is None:
            _not_counted(ws, dataset)
        elif found is None or not found.rows:
            st.caption(_("Its values hardly repeat, so there are no groups to compare."))
        else:
            _chart(dataset.target, column, relations, found)
            st.caption(words.md(_in_words(target, relations, found)))


def _not_counted(ws: Workspace, dataset: Dataset) -> None:
    """For a target that was chosen before relations were kept."""
    st.caption(_("How columns relate to this target was not counted yet."))
    st.button(
        _("Count it"),
        key="count_relations",
        icon=":material/calculate:",
        on_click=do,
        args=(
            partial(
                datasets.set_target,
                ws,
                dataset.id,
                str(dataset.target),
                dataset.task,
                dataset.positive_class,
            ),
        ),
    )


def _chart(target: str, column: Column, relations: Relations, found: Relation) -> None:
    groups = group_names(column, found.edges, found.values, found.extra)
    if relations.task is Task.CLASSIFICATION:
        labels = distinct([*relations.classes, *([_("others")] if relations.others else [])])
        counts = {
            label: [row[place] for row in found.classes] for place, label in enumerate(labels)
        }
        figure = column_charts.shares(groups, counts, column.name)
        told = _("Classes of {target} by {column}").format(target=target, column=column.name)
    else:
        figure = column_charts.means(
            groups, found.means, found.stds, found.rows, column.name, target
        )
        told = _("Mean of {target} by {column}").format(target=target, column=column.name)
    charts.show(figure, alt=told, key="column_relation_chart", height=HEIGHT)


def _in_words(target: str, relations: Relations, found: Relation) -> str:
    if found.strength is None:
        return _("There is too little to say how strongly it relates to {target}.").format(
            target=target
        )
    measure = (
        _("Cramér's V") if relations.task is Task.CLASSIFICATION else _("the correlation ratio")
    )
    return _(
        "Strength {value}: at 0 it tells nothing about {target}, at 1 everything. It is {measure}"
        " over these groups, corrected for chance."
    ).format(value=f"{found.strength:.2f}", target=target, measure=measure)
