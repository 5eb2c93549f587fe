"""How urgent the runs of an experiment are, and how often they may be tried again."""

from __future__ import annotations

import streamlit as st

from mlops_core.domain.configs import MAX_RETRIES, ExperimentConfig
from mlops_core.domain.queue import Priority
from mlops_core.i18n import _


def fields(key: str, start: ExperimentConfig | None) -> tuple[Priority, int]:
    """Two fields; ``start`` is what the form begins with."""
    with st.grid(2, min_column_width=170) as grid:
        with grid.cell():
            priority = st.segmented_control(
                _("Priority"),
                [Priority.LOW, Priority.NORMAL, Priority.HIGH],
                format_func=lambda one: _(one.word).capitalize(),
                key=f"{key}.priority",
                default=Priority.NORMAL,
                required=True,
                help=_("Runs of a higher priority start first. It can be changed in the queue."),
            )
        with grid.cell():
            st.session_state.setdefault(f"{key}.retries", start.retries if start else 0)
            again = st.number_input(
                _("Tries after a crash"),
                min_value=0,
                max_value=MAX_RETRIES,
                key=f"{key}.retries",
                help=_(
                    "How often a run is tried again when something outside of it ended it: its "
                    "process was killed, or the machine was restarted. Never after a limit or an "
                    "error of its own."
                ),
            )
    return priority, int(again)
