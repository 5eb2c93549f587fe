"""The shell: what it prints, where, and with which exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mlops_core.cli import main
from mlops_core.cli.output import cell, duration, table
from mlops_core.domain.results import Usage
from mlops_core.services import datasets, experiments, overview, runs
from mlops_core.store.workspace import Workspace
from tests.unit.services.outcomes import begin, fail, finish, plan
from tests.unit.services.outcomes import table as a_table
from tests.unit.services.support import csv

SPEC = """\
name: first
dataset: {path: churn.csv, target: churned}
model: {algorithm: knn}
resources: {time_limit_hours: 0.1}
evaluation: {folds: 3}
"""


@dataclass
class Said:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON object on standard output."""
        return json.loads(self.out, parse_constant=lambda name: pytest.fail(f"{name} in JSON"))


@pytest.fixture
def shell(idle: Workspace, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Runs one command in a workspace where nothing starts by itself."""

    def call(*arguments: object) -> Said:
        code = main([str(one) for one in arguments])
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return call


@pytest.fixture
def ended(idle: Workspace, tmp_path: Path) -> tuple[int, ...]:
    """A completed, a failed and a waiting run."""
    config = plan(a_table(idle, tmp_path), "dummy", "knn", "random_forest")
    _made, ids = experiments.train(idle, "이탈 [first]", config, tags=["weekly"])
    finish(idle, ids[0], {"roc_auc": 0.7, "log_loss": 0.6}, folds={"roc_auc": (0.6, 0.8)})
    fail(idle, ids[1])
    return ids


# Datasets -----------------------------------------------------------------------------------------


def test_adding_a_file_prints_what_was_understood(
    shell: Callable[..., Said], tmp_path: Path
) -> None:
    said = shell("dataset", "add", csv(tmp_path), "--target", "churned", "--json")
    assert (said.code, said.err) == (0, "")
    found = said.json
    assert (found["id"], found["name"], found["version"], found["rows"]) == (1, "churn", 1, 40)
    assert found["columns"][1] | {"name": "plan", "original": "plan"} == found["columns"][1]
    assert (found["columns"][1]["type"], found["columns"][1]["role"]) == ("text", "categorical")
    assert (found["encoding"], found["delimiter"], found["header"]) == ("utf-8", ",", True)
    assert (found["rejects"], found["task"]) == ([], "classification")
    assert isinstance(found["findings"], list)


def test_rows_that_cannot_be_read_are_told(shell: Callable[..., Said], tmp_path: Path) -> None:
    path = csv(tmp_path)
    path.write_text(path.read_text() + "1,2,3,4,5,6\n", encoding="utf-8")
    (reject,) = shell("dataset", "add", path, "--json").json["rejects"]
    assert set(reject) == {"line", "column", "reason"}
    assert reject["line"] == 42


def test_every_row_that_was_left_out_is_told(shell: Callable[..., Said], tmp_path: Path) -> None:
    lines = [f"{row},x" if row % 3 else f"{row}" for row in range(600)]
    lines[301] = "many,x"
    (tmp_path / "in.csv").write_text("n,w\n" + "\n".join(lines) + "\n", encoding="utf-8")
    shell("dataset", "add", tmp_path / "in.csv")
    said = shell("dataset", "show", "1", "--json").json
    assert (said["rows"], said["reject_count"], len(said["rejects"])) == (399, 201, 201)
    odd = {"line": 303, "column": "n", "reason": "“many” is no whole number."}
    assert said["rejects"][101] == odd
    assert said["rejects"][0]["column"] is None


def test_the_cells_of_a_file_are_read_as_asked(shell: Callable[..., Said], tmp_path: Path) -> None:
    lines = ["title", "d,n,m", "01/02/2020,1,-999", "03/04/2020,x,007", "합계,,", "the end"]
    (tmp_path / "in.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    options = ["--type", "n=integer", "--type", "m=text", "--missing", "-999", "--missing", "x=y"]
    options += ["--dates", "month-first", "--skip-top", "1", "--skip-bottom", "2"]
    said = shell("dataset", "add", tmp_path / "in.csv", *options, "--json").json
    assert [(one["name"], one["type"], one["missing"]) for one in said["columns"]] == [
        ("d", "date", 0),
        ("n", "integer", 0),
        ("m", "text", 1),
    ]
    assert said["rejects"] == [{"line": 4, "column": "n", "reason": "“x” is no whole number."}]
    for wrong in ("n", "n=float", "o=integer"):
        assert shell("dataset", "add", tmp_path / "in.csv", "--type", wrong).code == 2


def test_a_dataset_is_found_by_id_name_and_version(
    shell: Callable[..., Said], tmp_path: Path
) -> None:
    shell("dataset", "add", csv(tmp_path), "--name", "a@b")
    shell("dataset", "add", csv(tmp_path, rows=50), "--name", "a@b")
    for which, version in (("1", 1), ("2", 2), ("a@b", 2), ("a@b@1", 1)):
        assert shell("dataset", "show", which, "--json").json["version"] == version
    assert shell("dataset", "show", "7").code == 2
    assert "a@b" in shell("dataset", "show", "2").out
    (listed,) = shell("dataset", "list", "--json").json["datasets"]
    assert (listed["name"], listed["versions"]) == ("a@b", 2)
    assert len(shell("dataset", "list", "--all", "--json").json["datasets"]) == 2


def test_a_run_says_what_of_its_data_is_unresolved(
    shell: Callable[..., Said], tmp_path: Path
) -> None:
    path = csv(tmp_path)
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([lines[0], *(line.replace("stays", "") for line in lines[1:])]))
    (tmp_path / "spec.yaml").write_text(SPEC.replace("churned}", "plan}"), encoding="utf-8")
    run = ("run", tmp_path / "spec.yaml", "--no-wait")
    found = shell(*run, "--json").json["unresolved_findings"]
    assert {one["code"] for one in found} >= {"few_rows"}
    assert f"Unresolved: {found[0]['message']}" in shell(*run).out
    for one in found:
        shell(
            "dataset",
            "accept",
            "1",
            one["code"],
            "--reason",
            "Known.",
            *(("--column", one["column"]) if one["column"] else ()),
        )
    assert shell(*run, "--json").json["unresolved_findings"] == []


def test_a_finding_is_accepted_with_a_reason(shell: Callable[..., Said], tmp_path: Path) -> None:
    path = csv(tmp_path)
    first, *rows = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join((f"{first},place", *(f"{row},shop" for row in rows))))
    found = shell("dataset", "add", path, "--target", "churned", "--json").json["findings"]
    (constant,) = (one for one in found if one["code"] == "constant")
    assert constant == {
        "code": "constant",
        "severity": "warning",
        "message": "“place” holds the same value in every row.",
        "column": "place",
        "fix": "drop",
        "evidence": "It is “shop”.",
        "accepted": None,
    }
    assert "[constant, column place]" in shell("dataset", "show", "1").out
    accept = ("dataset", "accept", "1", "constant", "--column", "place")
    assert shell(*accept).code == 2
    said = shell(*accept, "--reason", "One shop.", "--json").json
    assert said["finding"]["accepted"]["reason"] == "One shop."
    assert "Accepted: One shop." in shell("dataset", "show", "1").out
    assert (
        "It is there for: “place”"
        in shell("dataset", "accept", "1", "constant", "--reason", "x").err
    )


def test_a_dataset_is_taken_away_as_it_was_read(
    shell: Callable[..., Said], idle: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_bytes(
        "이름;답;값\n가;예;1,5\n나;아니오;\n다;예;2\n".encode("cp949")
    )
    shell("dataset", "add", tmp_path / "in.csv")
    out = tmp_path / "OUT.csv"
    said = shell("dataset", "export", "1", out, "--json")
    assert (said.code, said.json) == (0, {"id": 1, "file": str(out), "rows": 3})
    assert out.read_text("utf-8") == "이름,답,값\n가,예,1.5\n나,아니오,\n다,예,2.0\n"
    assert shell("dataset", "export", "in", out).code == 0
    assert shell("dataset", "export", "1", tmp_path / "out.parquet").code == 0
    odd = shell("dataset", "export", "1", tmp_path / "out.xls")
    assert (odd.code, "as .csv or .parquet" in odd.err) == (2, True)
    lost = shell("dataset", "export", "1", tmp_path / "none" / "out.csv")
    assert (lost.code, "There is no folder" in lost.err) == (2, True)
    assert shell("dataset", "export", "9", out).code == 2
    assert sorted(one.name for one in tmp_path.iterdir() if "part" in one.name) == []


def test_removing_a_dataset_says_what_uses_it(
    shell: Callable[..., Said], idle: Workspace, ended: tuple[int, ...], tmp_path: Path
) -> None:
    said = shell("dataset", "remove", "churn")
    assert said.code == 2
    assert "이탈 [first] v1.0.0" in said.err
    spare = datasets.add_file(idle, csv(tmp_path, rows=50), name="spare")
    assert shell("dataset", "remove", "spare", "--json").json["removed"] == spare.id
    assert shell("dataset", "list").out.count("churn") > 0
    assert "spare" not in shell("dataset", "list").out


# Runs ---------------------------------------------------------------------------------------------


def test_the_newest_run_is_meant_where_no_id_is_given(
    shell: Callable[..., Said], ended: tuple[int, ...]
) -> None:
    assert shell("runs", "show", "--json").json["run_id"] == ended[-1]
    assert shell("runs", "logs", "--json").json["run_id"] == ended[-1]


def test_the_only_run_that_goes_on_is_stopped_without_an_id(
    shell: Callable[..., Said], idle: Workspace, ended: tuple[int, ...]
) -> None:
    again = runs.rerun(idle, ended[0])
    several = shell("runs", "stop")
    assert (several.code, several.out) == (2, "")
    assert f"2 runs wait or run: {again}, {ended[2]}." in several.err
    shell("runs", "stop", ended[2])
    assert shell("runs", "stop", "--json").json["run_id"] == again
    assert shell("runs", "stop").err == "No run waits or runs.\n"


@pytest.mark.parametrize("command", ["show", "logs", "stop"])
def test_without_a_run_there_is_none_to_mean(shell: Callable[..., Said], command: str) -> None:
    said = shell("runs", command)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("There is no run yet." if command != "stop" else "No run waits")


def test_a_spec_is_queued_without_waiting(shell: Callable[..., Said], tmp_path: Path) -> None:
    csv(tmp_path)
    spec = tmp_path / "spec.yaml"
    spec.write_text(SPEC, encoding="utf-8")
    said = shell("run", spec, "--no-wait", "--json")
    assert (said.code, said.err) == (0, "")
    assert (said.json["status"], said.json["end_reason"]) == ("queued", None)
    assert said.json["metrics"] == {"holdout": {}, "cv": {}}
    assert set(said.json["usage"]) == {*Usage.model_fields, "cpu_efficiency"}
    assert said.json["requested"]["cpu_cores"] == 1
    assert "runs show 2" in shell("run", spec, "--no-wait").out


def test_a_run_is_shown_with_its_values_and_reason(
    shell: Callable[..., Said], ended: tuple[int, ...]
) -> None:
    completed = shell("runs", "show", ended[0])
    assert completed.code == 0
    for words in (
        "completed (finished)",
        "roc_auc",
        "0.7",
        "Take care.",
        "peak 120 MB, mean 90 MB",
    ):
        assert words in completed.out
    failed = shell("runs", "show", ended[1])
    assert "failed (memory_limit)" in failed.out
    assert "It used 2.0 GB, its limit." in failed.out
    assert shell("runs", "show", ended[0], "--json").json["run_id"] == ended[0]


def test_runs_are_listed_by_what_is_asked(
    shell: Callable[..., Said], ended: tuple[int, ...]
) -> None:
    def ids(*options: str) -> list[int]:
        return [run["id"] for run in shell("runs", "list", *options, "--json").json["runs"]]

    assert ids() == sorted(ended, reverse=True)
    assert ids("--status", "failed", "--status", "queued") == [ended[2], ended[1]]
    assert ids("--tag", "weekly", "--dataset", "churn", "--limit", "1") == [ended[2]]
    assert ids("--tag", "daily") == []
    table_of_all = shell("runs", "list", "--limit", "2").out
    assert "이탈 [first] v1.0.0" in table_of_all
    assert "Showing 2 of 3." in table_of_all
    assert shell("runs", "list", "--tag", "daily").out == "No run matches.\n"


def test_a_log_is_printed_whole(
    shell: Callable[..., Said], idle: Workspace, ended: tuple[int, ...]
) -> None:
    paths = idle.run_paths(ended[0])
    text = "".join(f"line {number} of 한글\n" for number in range(9000))
    paths.stdout.write_text(text, encoding="utf-8")
    assert shell("runs", "logs", ended[0], "--stream", "stdout").out == text
    assert shell("runs", "logs", ended[0], "--stream", "stdout", "--follow").out == text
    said = shell("runs", "logs", ended[0], "--stream", "stdout", "--json").json
    assert (said["stream"], said["text"]) == ("stdout", text)
    assert shell("runs", "logs", ended[0]).out == ""


def test_stopping_says_what_happens(
    shell: Callable[..., Said], idle: Workspace, ended: tuple[int, ...]
) -> None:
    assert "withdrawn" in shell("runs", "stop", ended[2]).out
    running = runs.rerun(idle, ended[2])
    begin(idle, running)
    assert shell("runs", "stop", running, "--json").json == {
        "run_id": running,
        "status": "running",
    }
    over = shell("runs", "stop", ended[0])
    assert (over.code, over.out) == (2, "")
    assert "over" in over.err


def test_a_comparison_marks_the_best_and_what_differs(
    shell: Callable[..., Said], idle: Workspace, ended: tuple[int, ...]
) -> None:
    finish(idle, ended[2], {"roc_auc": 0.9, "log_loss": 0.8})
    said = shell("compare", ended[0], ended[2])
    lines = {line.split("  ")[0]: line for line in said.out.splitlines()}
    assert "0.9 *" in lines["ROC AUC"]
    assert "0.6 *" in lines["Log loss"]
    assert "algorithm" in said.out
    assert overview.overview(idle).checklist[-1].done
    assert set(shell("compare", ended[0], ended[2], "--json").json) == {
        "runs",
        "metrics",
        "params",
        "metric",
        "direction",
        "comparable",
        "groups",
        "pairs",
        "best",
        "indistinguishable_from_best",
        "judged",
        "notes",
    }
    said = shell("compare", ended[0], ended[2], "--metric", "rmse")
    assert (said.code, "None of these runs has the metric rmse" in said.err) == (2, True)


# The machine --------------------------------------------------------------------------------------


def test_the_machine_is_described(shell: Callable[..., Said], idle: Workspace) -> None:
    assert shell("machine", "--json").json["machine"]["cores"] >= 1
    assert "memory limit" in shell("machine").out
    assert shell("migrate", "--json").json["home"] == str(idle.home)


# What is wrong ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("runz",), "No such command 'runz'"),
        (("run",), "Missing argument"),
        (("run", "none.yaml"), "There is no file none.yaml"),
        (("run", "."), "cannot be read"),
        (("runs",), "Missing command"),
        (("runs", "show", "abc"), "ID"),
        (("runs", "show", "99"), "There is no run 99"),
        (("runs", "show", "-1"), "-1"),
        (("runs", "show", "9" * 30), "ID"),
        (("runs", "logs", "99", "--json"), "There is no run 99"),
        (("runs", "list", "--status", "done"), "'--status': 'done' is not one of"),
        (("runs", "list", "--colour", "red"), "No such option"),
        (("compare",), "Missing argument"),
        (("compare", "98", "99"), "There is no run 98"),
        (("dataset", "add", "none.csv", "--json"), "none.csv"),
        (("dataset", "add", "none.csv", "--task", "cluster"), "cluster"),
        (("dataset", "show", "nobody"), "There is no dataset “nobody”"),
        (("dataset", "remove", "9" * 30), "There is no dataset"),
        (("demo", "--sample", "nothing"), "nothing"),
    ],
)
def test_bad_input_is_one_line_on_standard_error(
    shell: Callable[..., Said], arguments: tuple[str, ...], said: str
) -> None:
    found = shell(*arguments)
    assert (found.code, found.out) == (2, "")
    assert said in found.err
    assert found.err.count("\n") == 1
    assert "Traceback" not in found.err


def test_a_bad_setting_is_bad_input(
    shell: Callable[..., Said], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    for name, value in (
        ("MLOPS_MAX_CPU_CORES", "many"),
        ("DATABASE_URL", "nonsense"),
        ("MLOPS_HOME", str(tmp_path / "file" / "home")),
    ):
        with monkeypatch.context() as environment:
            environment.setenv(name, value)
            found = shell("runs", "list")
        assert (found.code, found.out) == (2, "")
        assert found.err.count("\n") == 1
        assert name in found.err


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_is_help(shell: Callable[..., Said], flag: str) -> None:
    for command in ((), ("run",), ("runs", "list"), ("dataset", "add")):
        found = shell(*command, flag)
        assert found.code == 0
        assert found.out.startswith("Usage: ")
    assert shell().out.startswith("Usage: ")


def test_help_needs_none_of_the_heavy_libraries() -> None:
    code = (
        "import sys; from mlops_core.cli import main; main(['--help']); "
        "heavy = {'pandas', 'numpy', 'sklearn', 'sqlalchemy', 'duckdb', 'pydantic', 'rich'}; "
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or None)"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stderr) == (0, "")


def test_a_reader_that_leaves_early_is_no_error(home: Path) -> None:
    command = f"{sys.executable} -m mlops_core dataset list --json | head -c 1"
    found = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, check=False
    )
    assert "Traceback" not in found.stderr


# How it is shown ----------------------------------------------------------------------------------


def test_wide_letters_keep_columns_in_line(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.cells import cell_len

    table(("name", "value"), [("이탈 예측", 1), ("abc", 23)])
    lines = capsys.readouterr().out.rstrip().splitlines()
    assert len({cell_len(line) for line in lines}) == 1


def test_markup_in_a_name_is_only_text(capsys: pytest.CaptureFixture[str]) -> None:
    table(("name",), [("[red]x[/red]",), ("\x1b[31mred",)])
    out = capsys.readouterr().out
    assert "[red]x[/red]" in out
    assert "\x1b" not in out


def test_values_read_well() -> None:
    assert [cell(one) for one in (None, "", 0.123456, 123456.7, True, ("a", "b"), 5)] == [
        "–", "–", "0.1235", "123,457", "yes", "a, b", "5",
    ]  # fmt: skip
    assert [duration(one) for one in (None, 3.26, 75.4, 7300)] == [
        "–", "3.3 s", "1 min 15 s", "2 h 1 min",
    ]  # fmt: skip


def test_two_versions_are_compared(shell: Callable[..., Said], tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    for shift in (0, 30):
        rows = [f"{place % 60 + shift},x" for place in range(240)]
        path.write_text("age,kind\n" + "\n".join(rows), encoding="utf-8")
        shell("dataset", "add", path)
    found = shell("dataset", "compare", "t@1", "t", "--json").json
    assert found["rows"] == [240, 240] and found["came"] == []
    assert [one["spread"]["column"] for one in found["moved"]] == ["age"]
    assert "age: moved by" in shell("dataset", "compare", "t@1", "t").out
