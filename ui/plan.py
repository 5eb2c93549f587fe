"""What a person is putting together: dataset ▸ features ▸ models ▸ resources ▸ Train.

The plan stands in the URL (``?dataset=3&features=2&models=1,4&resources=1&split=time:day``), so a
link carries it, and in the session, so that the side bar's links, which drop parameters, do not
lose it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from mlops_core import words
from mlops_core.domain.configs import Split, SplitStrategy
from mlops_core.domain.records import Dataset
from mlops_core.errors import NotFound
from mlops_core.i18n import N_, _, ngettext
from ui import links
from ui.app_state import workspace

_KEY = "_plan"


@dataclass(frozen=True)
class Plan:
    dataset: int | None = None
    features: int | None = None
    models: tuple[int, ...] = ()
    resources: int | None = None
    split: str = ""  # a strategy and its column, such as "grouped:customer"

    def query(self) -> dict[str, links.QueryValue]:
        return {
            "dataset": self.dataset,
            "features": self.features,
            "models": self.models,
            "resources": self.resources,
            "split": self.split or None,
        }


def current_plan() -> Plan:
    """The plan of the URL where it says something, else the session's; kept in both."""
    known: Plan = st.session_state.get(_KEY, Plan())
    dataset = links.query_int("dataset") or known.dataset
    other = dataset != known.dataset
    plan = Plan(
        dataset=dataset,
        features=links.query_int("features") or (None if other else known.features),
        models=links.query_ints("models") or known.models,
        resources=links.query_int("resources") or known.resources,
        split=links.query_text("split") or ("" if other else known.split),
    )
    _keep(plan)
    return plan


def set_plan(**changes: Any) -> Plan:
    """Change parts of the plan. Another dataset drops what was made for the old: features, split.

    ``None`` (and ``()`` for models) clears a part.
    """
    before = current_plan()
    plan = replace(before, **changes)
    if plan.dataset != before.dataset:
        plan = replace(plan, **{"features": None, "split": "", **changes})
    _keep(plan)
    return plan


def planned_split(dataset: Dataset) -> Split | None:
    """The strategy and the column of the plan, if this dataset has such a column."""
    strategy, _sign, column = current_plan().split.partition(":")
    if strategy not in (SplitStrategy.GROUPED, SplitStrategy.TIME):
        return None
    fits = column != dataset.target and dataset.column(column) is not None
    return (SplitStrategy(strategy), column) if fits else None


def _keep(plan: Plan) -> None:
    st.session_state[_KEY] = plan
    links.set_query(**plan.query())


STEPS = (
    ("data", N_("Dataset")),
    ("features", N_("Features")),
    ("models", N_("Models")),
    ("resources", N_("Resources")),
)


def plan_strip(active: str) -> None:
    """The plan in one line: what is chosen so far, each part a link to its page, then Train."""
    plan = current_plan()
    chosen = _chosen(plan)
    train = _("Train")
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small"):
        for index, (page, title) in enumerate(STEPS):
            name = chosen[page]
            label = f"**{_(title)}**" if page == active else _(title)
            without = _("not chosen") if page == "data" else _("automatic")
            tail = f" · {words.md(words.clip(name, 30))}" if name else f" :gray[· {without}]"
            icon = ":material/check_circle:" if name else ":material/radio_button_unchecked:"
            with _step(after_another=index > 0):
                links.link(label + tail, page, icon=icon, query=plan.query())
        with _step(after_another=True):
            links.link(
                f"**{train}**",
                "experiments",
                icon=":material/play_circle:",
                query=plan.query(),
                new=1,
            )


@contextmanager
def _step(*, after_another: bool) -> Iterator[None]:
    """A place for a link that stays on one line with the arrow before it."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
        if after_another:
            st.markdown(":gray[:material/chevron_right:]", width="content")
        yield


def missing_parts() -> list[NotFound]:
    """What of the plan does not exist: a link may be old, and nothing may stand in unsaid."""
    from mlops_core.services import datasets, features, models, resources

    ws, plan = workspace(), current_plan()
    parts: list[tuple[Any, int | None]] = [
        (datasets.get_dataset, plan.dataset),
        (features.get_feature_set, plan.features),
        *((models.get_model, id) for id in plan.models),
        (resources.get_profile, plan.resources),
    ]
    errors: list[NotFound] = []
    for get, id in parts:
        try:
            if id is not None:
                get(ws, id)
        except NotFound as error:
            errors.append(error)
    return errors


def _chosen(plan: Plan) -> dict[str, str]:
    """The name of each chosen part; empty where nothing is chosen or it is gone."""
    from mlops_core.services import datasets, features, models, resources

    ws = workspace()
    names = dict.fromkeys((page for page, _title in STEPS), "")

    def name_of(page: str, get: Any, id: int | None) -> None:
        if id is None:
            return
        try:
            found = get(ws, id)
        except NotFound:
            return
        names[page] = f"{found.name} {words.version(found.version)}"

    name_of("data", datasets.get_dataset, plan.dataset)
    name_of("features", features.get_feature_set, plan.features)
    name_of("resources", resources.get_profile, plan.resources)
    if len(plan.models) == 1:
        name_of("models", models.get_model, plan.models[0])
    elif plan.models:
        count = len(plan.models)
        names["models"] = ngettext("{n} model", "{n} models", count).format(n=count)
    return names
