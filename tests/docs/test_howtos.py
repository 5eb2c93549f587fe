"""Each how-to is followed to the letter: what it tells people to write does what it says."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mlops_core.domain.params import BuildContext, Task
from mlops_core.metrics import Observed, Uncomputable
from mlops_core.services import datasets
from mlops_core.store.workspace import Workspace
from ui.app_state import use_workspace

HOWTO = Path(__file__).parents[2] / "docs" / "howto"


def code_of(name: str) -> str:
    blocks = re.findall(r"^ *```python\n(.*?)^ *```$", (HOWTO / name).read_text(), re.S | re.M)
    return "\n".join(textwrap.dedent(block) for block in blocks)


def names_after(code: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {}
    exec(compile(code, "howto", "exec"), namespace)  # noqa: S102 - it is our own document
    return namespace


def test_the_algorithm_of_the_howto_trains() -> None:
    huber = names_after(code_of("add-an-algorithm.md"))["HUBER"]
    values = huber.complete({"epsilon": 1.5}, Task.REGRESSION)
    assert huber.problems(values, Task.REGRESSION) == []
    assert huber.problems({"epsilon": 0.5}, Task.REGRESSION)[0].field == "params.epsilon"

    context = BuildContext(task=Task.REGRESSION, seed=1, n_jobs=1)
    column = np.arange(20.0)
    model = huber.build(values, context).fit(column[:, None], 2 * column + 1)
    assert model.predict([[100.0]])[0] == pytest.approx(201, rel=1e-3)


def test_the_metric_of_the_howto_measures() -> None:
    rmsle = names_after(code_of("add-a-metric.md"))["RMSLE"]
    truth = np.array([0.0, 9.0, 99.0])
    assert rmsle.compute(Observed(truth=truth, predicted=truth)) == 0
    doubled = Observed(truth=truth, predicted=(truth + 1) * np.e - 1)
    assert rmsle.compute(doubled) == pytest.approx(1)
    with pytest.raises(Uncomputable):
        rmsle.compute(Observed(truth=truth, predicted=truth - 1))


FRAME = """
import streamlit as st
from ui.links import PAGES

others = [st.Page(entry.path, url_path=entry.key) for entry in PAGES.values()]
st.navigation([st.Page({page!r}, default=True), *others]).run()
"""


def test_the_page_of_the_howto_shows_empty_and_filled(workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "glance.py"
    file.write_text(code_of("add-a-page.md"))
    page = AppTest.from_string(FRAME.format(page=str(file)), default_timeout=20)
    use_workspace(workspace)
    try:
        written = [str(element.value) for element in page.run().markdown]
        assert not page.exception
        assert any("No dataset yet" in text for text in written)

        added = datasets.add_sample(workspace, "penguins")
        written = [str(element.value) for element in page.run().markdown]
        assert not page.exception
        assert any(added.name in text and "344" in text for text in written)
    finally:
        use_workspace(None)
