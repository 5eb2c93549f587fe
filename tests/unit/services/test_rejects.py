"""The rows that a dataset leaves out are told whole, in the language of whoever looks."""

from __future__ import annotations

from pathlib import Path

from mlops_core.data.rejects import MAX_RAW, MAX_REJECTS
from mlops_core.i18n import use_language
from mlops_core.services import datasets
from mlops_core.services.rejects import rejects
from mlops_core.store.workspace import Workspace


def test_rejects_are_whole_and_speak_the_readers_language(
    workspace: Workspace, tmp_path: Path
) -> None:
    long = "y" * (MAX_RAW + 400)
    rows = [f"{row},x" for row in range(400)]
    source = tmp_path / "in.csv"
    source.write_text("\n".join(["a,b", *rows, long, *["9"] * MAX_REJECTS, "1,x"]) + "\n")
    use_language("ko")
    try:
        dataset = datasets.add_file(workspace, source)
    finally:
        use_language("en")
    found = rejects(dataset)
    assert len(found) == dataset.report.reject_count == MAX_REJECTS + 1
    assert (found[0].line, found[0].raw) == (402, long)
    assert {one.sentence for one in found[:MAX_REJECTS]} == {
        "It has fewer cells than the 2 columns."
    }
    # Beyond those that the dataset keeps, the file of rejects says what it said on import.
    assert found[-1].sentence == found[-1].reason != found[0].sentence
