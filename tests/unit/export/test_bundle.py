"""What a script carries of the app's own code."""

from __future__ import annotations

import ast

import pytest

from mlops_core.export.bundle import Bundle, import_lines
from mlops_core.features import assign
from mlops_core.features.transformers import Categories
from mlops_core.metrics import METRICS, classification, resampling
from mlops_core.training.judge import observe


def test_what_is_used_comes_before_what_uses_it() -> None:
    bundle = Bundle()
    bundle.add(Categories, observe, assign.stratified, METRICS["mcc"].compute)
    names = list(bundle.definitions)
    assert names.index("_Step") < names.index("Categories")
    assert names.index("MISSING_LEVEL") < names.index("Categories")
    assert names.index("quota") < names.index("stratified")
    assert names.index("Observed") < names.index("observe")


def test_it_stands_on_nothing_of_the_app() -> None:
    bundle = Bundle()
    bundle.add(Categories, observe, *(metric.compute for metric in METRICS.values()))
    text = "\n".join([*import_lines(bundle.imports), *bundle.definitions.values()])
    assert "mlops_core" not in text
    assert "noqa" not in text and "type: ignore" not in text
    names: dict[str, object] = {}
    exec(compile(ast.parse(f"from __future__ import annotations\n{text}"), "x", "exec"), names)  # noqa: S102
    assert {"Categories", "observe", "_mcc", "_rmse"} <= names.keys()


def test_a_definition_is_carried_once() -> None:
    bundle = Bundle()
    bundle.add(Categories)
    before = dict(bundle.definitions)
    bundle.add(Categories, Categories)
    assert bundle.definitions == before


def test_two_things_of_one_name_are_not_mixed_up() -> None:
    bundle = Bundle()
    bundle.add(resampling._ratio)
    with pytest.raises(ValueError, match="_ratio stands in"):
        bundle.add(classification._ratio)


def test_imports_are_one_line_a_module() -> None:
    wanted = {("numpy", None, "np"), ("typing", "Any", "Any"), ("typing", "Self", "Self")}
    assert import_lines(wanted) == ["import numpy as np", "from typing import Any, Self"]
