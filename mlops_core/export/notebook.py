"""A run as a notebook: the script of ``export.script`` in cells, and its scores as a table.

Jupyter's format 4.5: https://nbformat.readthedocs.io/en/latest/format_description.html
"""

from __future__ import annotations

import json
from typing import Any

from mlops_core.export.recipe import Recipe
from mlops_core.export.script import about, sections, threads

_ASKED = """TABLE = "TABLE.csv"  # the dataset as the app exports it, .csv or .parquet"""
_SCORES = """pipeline, found = train(Path(TABLE))

lines = []
for name, value in found["holdout"].items():
    lines.append(("hold-out", name, value, RECORDED["holdout"].get(name)))
for name, values in found["cv"].items():
    for fold, (value, recorded) in enumerate(zip(values, RECORDED["cv"].get(name, [])), start=1):
        lines.append((f"fold {fold}", name, value, recorded))
scores = pd.DataFrame(lines, columns=["judged on", "metric", "here", "in the run"])
scores["identical"] = scores["here"] == scores["in the run"]
scores"""
_NEW_ROWS = """# The model is yours to ask: any rows with these columns.
pipeline.predict(load(Path(TABLE)).frame.head())"""


def write_notebook(recipe: Recipe) -> str:
    """The notebook as JSON; nothing in it was run yet."""
    cells = [
        _text(
            f"# Run {recipe.run_id}\n\nTo be trained anew, judged on the same rows, and compared."
            f"\n\n{about(recipe)}"
        ),
        _code(_ASKED),
        _code(threads(recipe)),
    ]
    for title, text in sections(recipe):
        if title:
            cells.append(_text(f"## {title}"))
        cells.append(_code(text))
    cells += [_text("## Scores"), _code(_SCORES), _code(_NEW_ROWS)]
    python = {"name": "python", "version": recipe.result.environment.get("python", "3.11")}
    content = {
        "cells": [{"id": f"cell-{place}", **cell} for place, cell in enumerate(cells)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": python,
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _text(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source.splitlines(keepends=True)}


def _code(source: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": source.splitlines(keepends=True),
    }
