"""Reports, model cards and notebooks of runs."""

from __future__ import annotations

import codeop
import contextlib
import io
import json
import re
import sys
import types
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest

from mlops_core import words
from mlops_core.cli import main
from mlops_core.domain.params import Task
from mlops_core.errors import Conflict, InvalidInput, NotFound
from mlops_core.i18n import use_language
from mlops_core.reports import documents
from mlops_core.reports.card import card
from mlops_core.reports.report import bold, report
from mlops_core.services import comparison, datasets, exports, runs
from mlops_core.services.experiments import train
from mlops_core.store.workspace import Workspace
from tests.unit.services.outcomes import complete, fail, judged_rows, plan, table, trained

HOSTILE = "<script>alert(1)</script> **b** | `x` {{ 7 * 7 }}"
VOID = {"meta", "link", "br", "hr", "img", "input"}


class Reader(HTMLParser):
    """The words of a page, its tags, and whether every tag that opens closes again."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.said: list[str] = []
        self.feed(text)
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert not [name for name, _value in attrs if name.startswith("on")]
        assert not [
            v for name, v in attrs if name in {"src", "href"} and not str(v).startswith("#")
        ]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        # Shapes of a chart close themselves.
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in {"style", "script"}:
            self.said.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.said).split())


@pytest.fixture(autouse=True)
def _english_afterwards() -> Iterator[None]:
    yield
    use_language("en")


@pytest.fixture
def pair(idle: Workspace, tmp_path: Path) -> tuple[int, int]:
    config = plan(table(idle, tmp_path, name=HOSTILE, rows=900), "knn", "mlp")
    a, b = train(idle, HOSTILE, config)[1]
    complete(idle, a, judged_rows(0.95, 1, 2))
    complete(idle, b, judged_rows(0.6, 2, 2))
    return a, b


def test_a_report_says_what_the_comparison_says(idle: Workspace, pair: tuple[int, int]) -> None:
    page = Reader(report(idle, pair, "accuracy"))
    found = comparison.judge(idle, comparison.compare(idle, pair), "accuracy")
    (group,) = found.groups
    for one in group.runs:
        assert words.metric_value("accuracy", one.estimate) in page.text
        assert words.metric_value("accuracy", one.low) in page.text
    assert "is better than every other run" in page.text
    assert "worse" in page.text
    for run_id in pair:
        run = runs.get_run(idle, run_id)
        assert run.digest in page.text
        assert run.spec.dataset.fingerprint in page.text
        assert "algorithm: " + run.algorithm in page.text
    assert "Judged by 200 hold-out rows" in page.text
    beside = Reader(report(idle, pair, "accuracy", baseline=pair[1], rope=0.5))
    assert "better" in beside.text and "50" in beside.text


def test_a_report_needs_nothing_and_runs_nothing(idle: Workspace, pair: tuple[int, int]) -> None:
    text = report(idle, pair)
    page = Reader(text)
    assert not page.tags & {"script", "img", "link", "iframe", "object", "form"}
    assert "<script>alert(1)</script> **b**" in page.text  # as it was typed
    assert "{{ 7 * 7 }}" in page.text
    assert "default-src 'none'" in text
    assert not re.search(r"url\(|@import|https?:", text)


def test_a_run_of_numbers_and_one_that_failed_have_their_parts(
    idle: Workspace, tmp_path: Path
) -> None:
    config = plan(table(idle, tmp_path), "ridge", "dummy", target="amount", task=Task.REGRESSION)
    good, bad = train(idle, "a", config)[1]
    trained(idle, good)
    fail(idle, bad)
    page = Reader(report(idle, [good, bad]))
    assert "Residuals" in page.text and "circle" in page.tags
    assert "It used 2.0 GB, its limit." in page.text
    assert "What the model relies on" in page.text
    alone = Reader(report(idle, [good]))
    assert "Which run is better" not in alone.text
    assert "Always" not in alone.text or "Better than always saying the mean" in alone.text


def test_a_report_speaks_the_readers_language(idle: Workspace, pair: tuple[int, int]) -> None:
    english = Reader(report(idle, pair)).text
    use_language("ko")
    korean = Reader(report(idle, pair)).text
    assert "Which run is better" in english
    assert "Which run is better" not in korean and "어느 실행이 더 좋은가" in korean


def test_what_no_report_can_be_made_of_is_refused(idle: Workspace, pair: tuple[int, int]) -> None:
    with pytest.raises(NotFound):
        report(idle, [pair[0], 99])
    with pytest.raises(InvalidInput, match="No run was chosen"):
        report(idle, [])
    with pytest.raises(InvalidInput, match="50 runs at most"):
        report(idle, range(1, 52))
    with pytest.raises(InvalidInput, match="None of these runs"):
        report(idle, pair, "r2")
    with pytest.raises(NotFound):
        documents.of_run(idle, pair[0], "poster")


def test_bold_is_the_only_mark_up_that_a_sentence_has() -> None:
    assert bold("**a<b>** & **c**") == "<strong>a&lt;b&gt;</strong> &amp; <strong>c</strong>"
    assert bold("a ** b") == "a ** b"


def test_a_card_says_how_good_the_model_is_and_what_only_a_person_knows(
    idle: Workspace, tmp_path: Path
) -> None:
    run_id, other = train(idle, HOSTILE, plan(table(idle, tmp_path, name=HOSTILE), "knn", "dummy"))[
        1
    ]
    result = trained(idle, run_id)
    text = card(idle, run_id)
    held = words.metric_value(result.primary_metric, result.holdout[result.primary_metric])
    assert held in text
    assert result.digests["model"] in text
    assert "| age | Numeric |" in text
    assert text.count("*to be written.*") == 2
    above, fence, _spec = text.partition("```yaml")
    assert fence and "<script>" not in above.replace("\\<", "")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert rows and all(line.endswith("|") for line in rows)
    with pytest.raises(Conflict, match="no model to describe"):
        card(idle, other)


def test_a_notebook_gives_the_scores_of_the_run(
    idle: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (run_id,) = train(idle, "a", plan(table(idle, tmp_path, name=HOSTILE), "knn"))[1]
    trained(idle, run_id)
    content = nbformat.reads(exports.notebook(idle, run_id), as_version=4)
    nbformat.validate(content)
    dataset = datasets.get_dataset(idle, 1)
    datasets.export(idle, dataset.id, tmp_path / "TABLE.csv")
    monkeypatch.chdir(tmp_path)
    module = types.ModuleType("a_notebook")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    compiled = codeop.Compile()  # as a kernel does it: what one cell says holds for the next
    for cell in content.cells:
        if cell.cell_type == "code":
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compiled(cell.source, cell.id, "exec"), vars(module))  # noqa: S102  (our own output)
    assert len(module.scores) and module.scores["identical"].all()


def test_the_shell_writes_every_document(
    idle: Workspace,
    pair: tuple[int, int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("mlops_core.cli.output.workspace", lambda: idle)
    asked = {name: tmp_path / f"out{kind.suffix}" for name, kind in documents.DOCUMENTS.items()}
    options = [part for name, path in asked.items() for part in (f"--{name}", str(path))]
    assert main(["runs", "export", str(pair[0]), *options, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["files"] == {name: str(path) for name, path in asked.items()}
    assert all(path.read_text(encoding="utf-8") for path in asked.values())
    path = tmp_path / "compared.html"
    assert main(["compare", *map(str, pair), "--report", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["comparable"]
    assert "Which run is better" in Reader(path.read_text(encoding="utf-8")).text
    assert main(["runs", "export", str(pair[0])]) == 2
    assert "--card OUT.md" in capsys.readouterr().err
