"""The page Data: empty, one dataset, broken files, many datasets, many columns."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from mlops_core.domain.columns import ColumnRole
from mlops_core.domain.params import Task
from mlops_core.domain.records import Dataset
from mlops_core.services import datasets, experiments, features, queueing
from mlops_core.store.workspace import Workspace
from tests.pages.lab import Lab, open_page, text_of
from tests.unit.data.test_formats import workbook
from ui.features_draft import suggested


def button(at: AppTest, label: str) -> Button:
    return next(item for item in at.button if item.label == label)


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_an_empty_workspace_says_what_the_page_is_for_and_offers_samples(ws: Workspace) -> None:
    at = open_page("data")
    assert not at.exception
    assert "No data yet" in text_of(at)
    at.button(key="use_penguins").click().run()
    assert not at.exception
    (added,) = datasets.list_datasets(ws)
    assert added.sample == "penguins"
    assert at.query_params["dataset"] == str(added.id)
    assert "penguins v1" in text_of(at)


def test_the_list_narrows_and_an_empty_result_can_be_cleared(lab: Lab) -> None:
    for number in range(15):
        path = write(lab.folder, f"s{number}.csv", f"a,b\n{number},1\n2,3\n")
        datasets.add_file(lab.ws, path, name=f"Survey {number:02}", tags=[f"wave{number % 3}"])
    at = open_page("data", view="all")
    assert not at.exception
    assert len(at.dataframe[0].value) == 15
    at.selectbox(key="data.tag").select("wave1").run()
    assert len(at.dataframe[0].value) == 5
    at.text_input(key="data.q").set_value("zebra").run()
    assert "No dataset matches" in text_of(at)
    button(at, "Clear the filters").click().run()
    assert len(at.dataframe[0].value) == 15


def test_a_file_of_the_server_is_imported_under_its_name(lab: Lab) -> None:
    path = write(lab.folder, "orders.csv", "id;price\n1;2,5\n2;3,5\n3;4,5\n")
    at = import_page(path)
    at.multiselect(key=f"import_tags_{path}").set_value(["shop"]).run()
    button(at, "Import").click().run()
    assert not at.exception
    (added,) = datasets.list_datasets(lab.ws)
    assert (added.name, added.tags, added.rows) == ("orders", ("shop",), 3)
    assert at.query_params["dataset"] == str(added.id)
    assert "Semicolon" in text_of(at)


def test_what_would_be_read_is_shown_before_the_import_and_follows_every_choice(
    lab: Lab, tmp_path: Path
) -> None:
    path = tmp_path / "가격.csv"
    path.write_bytes("이름;값\n가;1,5\n나;2,5\n".encode("cp949"))
    at = import_page(path)
    assert "As it would be read: cp949, Semicolon, Names of the columns" in text_of(at)
    assert list(at.dataframe[0].value.columns) == ["이름", "값"]
    at.selectbox(key=f"import_{path}_header").set_value(False).run()
    assert len(at.dataframe[0].value) == 3
    at.selectbox(key=f"import_{path}_delimiter").set_value("|").run()
    assert "Vertical bar" in text_of(at)
    assert not at.exception
    path.write_bytes(b"%PDF-1.7 and more")
    assert "This is a PDF document" in text_of(import_page(path))


def test_a_workbook_offers_its_sheets(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(workbook(one=[["a", "b"], [1, "x"], [2, "y"]], two=[["c"], [3.5], [4.5]]))
    at = import_page(path)
    sheet = at.selectbox(key=f"import_{path}_sheet")
    assert sheet.options[1:] == ["one", "two"]
    assert "As it would be read: Workbook, one, Names of the columns" in text_of(at)
    assert list(at.dataframe[0].value.columns) == ["a", "b"]
    sheet.set_value("two").run()
    assert list(at.dataframe[0].value.columns) == ["c"]
    next(one for one in at.button if one.label == "Import").click().run()
    assert not at.exception
    made = datasets.find_dataset(lab.ws, "book")
    assert [column.name for column in made.columns] == ["c"]
    at = open_page("data", dataset=made.id)
    assert "Workbook" in text_of(at)


def import_page(path: Path) -> AppTest:
    at = open_page("data", view="import")
    at.get_by_key("import_source").set_value("From the server").run()
    return at.text_input(key="import_path").set_value(str(path)).run()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("missing.csv", None, "There is no file"),
        ("empty.csv", b"", "empty"),
        ("packed.csv", b"\x1f\x8b" + b"\x00" * 200, "gzip"),
        ("header.csv", b"a,b\n", "no rows"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_a_sentence(
    lab: Lab, name: str, content: bytes | None, said: str
) -> None:
    path = lab.folder / name
    if content is not None:
        path.write_bytes(content)
    at = import_page(path)
    button(at, "Import").click().run()
    assert not at.exception
    assert said.lower() in text_of(at).lower()
    assert not datasets.list_datasets(lab.ws)


def test_a_file_under_a_known_name_is_announced_as_the_next_version(lab: Lab) -> None:
    lab.dataset("churn")
    path = write(lab.folder, "churn.csv", "a,churned\n1,yes\n2,no\n")
    assert "becomes its version 2" in text_of(import_page(path))


def test_a_dataset_shows_what_was_understood_and_its_findings(lab: Lab) -> None:
    at = open_page("data", dataset=lab.dataset().id)
    assert not at.exception
    text = text_of(at)
    assert "churn v1" in text and "60 rows, 4 columns" in text
    assert "Comma" in text and "utf-8" in text
    assert "customer" in text and "identifier" in text


def test_the_target_is_suggested_and_chosen_with_its_task(lab: Lab) -> None:
    path = write(lab.folder, "p.csv", "x,price\n" + "\n".join(f"{i},{i * 1.5}" for i in range(40)))
    dataset = datasets.add_file(lab.ws, path)
    at = open_page("data", dataset=dataset.id)
    assert at.selectbox(key=f"goal_{dataset.id}_target").value == "price"
    button(at, "Use this target").click().run()
    assert not at.exception
    saved = datasets.get_dataset(lab.ws, dataset.id)
    assert (saved.target, saved.task) == ("price", Task.REGRESSION)
    assert not [item for item in at.button if item.label == "Use this target"]


def test_a_task_that_the_target_forbids_is_refused_beside_it(lab: Lab) -> None:
    path = write(lab.folder, "t.csv", "x,plan\n" + "\n".join(f"{i},p{i % 3}" for i in range(40)))
    dataset = datasets.add_file(lab.ws, path, target="plan")
    at = open_page("data", dataset=dataset.id)
    at.get_by_key(f"goal_{dataset.id}_task_plan").set_value(Task.REGRESSION).run()
    button(at, "Use this target").click().run()
    assert "is not a number" in text_of(at)
    assert datasets.get_dataset(lab.ws, dataset.id).task is Task.CLASSIFICATION


def test_the_baseline_starts_with_one_click(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queueing, "wake", lambda _ws: None)
    dataset = lab.dataset()
    at = open_page("data", dataset=dataset.id)
    button(at, "Train a baseline now").click().run()
    assert not at.exception
    (made,) = experiments.list_experiments(lab.ws, experiments.ExperimentFilter()).items
    assert made.dataset_id == dataset.id and made.runs >= 3
    assert at.query_params["id"] == str(made.id)


def test_rejected_rows_are_shown_with_line_and_reason_and_markdown_in_names_is_plain(
    lab: Lab,
) -> None:
    rows = [f"item {i};{i};ok" if i % 10 else f"item {i};{i}" for i in range(1, 60)]
    path = write(lab.folder, "broken.csv", "name;price ;note\n" + "\n".join(rows))
    dataset = datasets.add_file(lab.ws, path, name="*bold* [x](y) :red[z]")
    at = open_page("data", dataset=dataset.id, part="reading")
    assert not at.exception
    assert "*bold* [x](y) :red[z] v1" in text_of(at)
    assert at.title[0].value.startswith("\\*bold\\*")
    rejects = at.dataframe[2].value
    assert list(rejects["Line"]) == [11, 21, 31, 41, 51]
    assert all(rejects["Reason"])


def test_reading_again_makes_the_next_version_and_keeps_this_one(lab: Lab) -> None:
    path = write(lab.folder, "n.csv", "1,2\n3,4\n5,6\n")
    dataset = datasets.add_file(lab.ws, path, name="numbers")
    at = open_page("data", dataset=dataset.id, part="reading")
    at.selectbox(key=f"reread_{dataset.id}_header").select(not dataset.report.header).run()
    button(at, "Read again").click().run()
    assert not at.exception
    assert [item.version for item in datasets.versions(lab.ws, "numbers")] == [2, 1]
    assert "numbers v2" in text_of(at)


def odd_table(folder: Path) -> Path:
    rows = "".join(f"{'many' if n == 300 else n},w{n},{n}\n" for n in range(400))
    return write(folder, "odd.csv", f"amount,w,n\n{rows}")


def test_every_decision_is_shown_with_its_example(lab: Lab) -> None:
    added = datasets.add_file(lab.ws, odd_table(lab.folder))
    at = open_page("data", dataset=added.id, part="reading")
    assert not at.exception
    told = at.dataframe[0].value.set_index("Decision")
    assert list(told.loc["Delimiter"]) == ["Comma", "0,w0,0"]
    assert list(told.loc["Rows left out"]) == ["1  ·  amount", "many"]
    types = at.dataframe[1].value.set_index("Column")
    assert list(types.loc["amount"]) == ["Whole number", "0  ·  1  ·  2", "0  ·  1  ·  2"]


@pytest.mark.parametrize(
    ("label", "types", "rows", "missing"),
    [
        ("Read “amount” as text", ["text", "text", "integer"], 400, 0),
        ("Treat “many” as missing", ["integer", "text", "integer"], 400, 1),
    ],
)
def test_rows_left_out_for_a_word_come_back_with_one_click(
    lab: Lab, label: str, types: list[str], rows: int, missing: int
) -> None:
    added = datasets.add_file(lab.ws, odd_table(lab.folder))
    assert added.rows == 399
    at = open_page("data", dataset=added.id, part="reading")
    button(at, label).click().run()
    assert not at.exception
    again = datasets.find_dataset(lab.ws, "odd")
    assert (again.version, again.rows) == (2, rows)
    assert [column.type.value for column in again.columns] == types
    assert again.columns[0].profile.missing == missing


def test_reading_again_begins_with_what_was_asked_for(lab: Lab) -> None:
    path = write(lab.folder, "again.csv", "title\na,b\n1,x\n-,y\n3,z\nsum,\n")
    at = import_page(path)
    at.number_input(key=f"import_{path}_top").set_value(1).run()
    at.number_input(key=f"import_{path}_bottom").set_value(1).run()
    at.multiselect(key=f"import_{path}_missing").set_value(["-"]).run()
    button(at, "Import").click().run()
    assert not at.exception
    first = datasets.find_dataset(lab.ws, "again")
    assert (first.rows, first.columns[0].profile.missing) == (3, 1)
    at = open_page("data", dataset=first.id, part="reading")
    assert at.number_input(key=f"reread_{first.id}_bottom").value == 1
    at.number_input(key=f"reread_{first.id}_bottom").set_value(2).run()
    button(at, "Read again").click().run()
    second = datasets.find_dataset(lab.ws, "again")
    assert (second.version, second.rows, second.report.asked.missing) == (2, 2, ("-",))


def test_columns_and_rows_of_a_table_with_2000_columns(lab: Lab) -> None:
    names = ",".join(f"sensor_{i:04}" for i in range(2000))
    body = "\n".join(",".join(str((i * j) % 7) for i in range(2000)) for j in range(1, 30))
    dataset = datasets.add_file(lab.ws, write(lab.folder, "wide.csv", f"{names}\n{body}\n"))
    at = open_page("data", dataset=dataset.id, part="columns")
    assert not at.exception
    assert len(at.dataframe[0].value) == 2000
    at.text_input(key="columns.find").set_value("sensor_1999").run()
    assert list(at.dataframe[0].value.index) == ["sensor_1999"]
    at = open_page("data", dataset=dataset.id, part="rows")
    assert at.dataframe[0].value.shape == (29, 100)
    at.number_input(key=f"rows_{dataset.id}_block").set_value(20).run()
    assert at.dataframe[0].value.columns[-1] == "sensor_1999"


def test_name_tags_and_description_can_be_edited_and_a_taken_name_is_refused(lab: Lab) -> None:
    dataset = lab.dataset()
    lab.dataset("other")
    at = open_page("data", dataset=dataset.id, part="details")
    name = next(item for item in at.text_input if item.label == "Name")
    name.set_value("other")
    button(at, "Save").click().run()
    assert "There is a dataset “other” already" in text_of(at)
    next(item for item in at.text_input if item.label == "Name").set_value("leavers")
    next(item for item in at.text_area).set_value("Who left")
    button(at, "Save").click().run()
    saved = datasets.get_dataset(lab.ws, dataset.id)
    assert (saved.name, saved.description) == ("leavers", "Who left")


def test_a_dataset_in_use_says_so_where_it_would_be_removed(lab: Lab) -> None:
    dataset = lab.dataset()
    lab.experiment(dataset)
    at = open_page("data", dataset=dataset.id, part="details")
    assert "1 experiment uses v1, so it is kept." in text_of(at)
    assert next(button for button in at.button if button.label == "Remove v1").disabled


def test_a_dataset_that_is_gone_is_said_above_the_list(lab: Lab) -> None:
    lab.dataset()
    at = open_page("data", dataset=999)
    assert not at.exception
    assert "There is no dataset 999." in text_of(at)
    assert len(at.dataframe) == 1


# Findings -----------------------------------------------------------------------------------------


def shop_table(lab: Lab) -> Dataset:
    """A copy of a column, a column that tells the target, a date."""
    lines = [
        f"{row % 37},{row % 37},{'left' if row % 3 else 'here'},2026-01-{row % 28 + 1:02},"
        f"{'yes' if row % 3 else 'no'}"
        for row in range(120)
    ]
    text = "\n".join(("x,twin,state,day,churned", *lines))
    return datasets.add_file(lab.ws, write(lab.folder, "shop.csv", text), target="churned")


def test_a_finding_is_fixed_with_one_click_and_can_be_undone(lab: Lab) -> None:
    dataset = shop_table(lab)
    at = open_page("data", dataset=dataset.id)
    assert not at.exception
    assert "2 findings are unresolved; a baseline trains all the same." in text_of(at)
    at.button(key="fix_open_leakage_state").click().run()
    assert not at.exception
    (made,) = features.list_feature_sets(lab.ws)
    assert (made.name, made.config.roles) == ("shop features", {"state": ColumnRole.DROP})
    assert at.query_params["features"] == str(made.id)
    assert "Left out in shop features v1" in text_of(at)
    assert "1 finding is unresolved" in text_of(at)
    at.button(key="undo_settled_leakage_state").click().run()
    undone = features.get_feature_set(lab.ws, int(at.query_params["features"]))
    assert (undone.version, undone.config.roles) == (2, {})
    assert "2 findings are unresolved" in text_of(at)


def test_all_suggestions_are_those_of_the_features_page(lab: Lab) -> None:
    dataset = shop_table(lab)
    at = open_page("data", dataset=dataset.id)
    at.button(key="fix_all").click().run()
    made = features.get_feature_set(lab.ws, int(at.query_params["features"]))
    assert made.config == suggested(dataset)
    assert "unresolved" not in text_of(at)


def test_a_finding_is_accepted_with_a_reason_and_reopened(lab: Lab) -> None:
    dataset = shop_table(lab)
    at = open_page("data", dataset=dataset.id)
    key = "open_leakage_state"
    submit = f"FormSubmitter:accept_form_{key}-Accept"
    at.button(key=submit).click().run()
    assert "The reason is empty." in text_of(at)
    at.text_input(key=f"reason_{key}").set_value("It is *known* before.")
    at.button(key=submit).click().run()
    assert not at.exception
    assert "It is *known* before. · just now" in text_of(at)
    assert "1 finding is unresolved" in text_of(at)
    at.button(key="reopen_accepted_leakage_state").click().run()
    assert "2 findings are unresolved" in text_of(at)


def test_a_split_that_a_finding_offers_is_that_of_the_next_experiment(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queueing, "wake", lambda _ws: None)
    dataset = shop_table(lab)
    at = open_page("data", dataset=dataset.id)
    at.button(key="fix_open_leakage_state").click().run()
    at.button(key="fix_open_dates_suggest_time_split_day").click().run()
    assert at.query_params["split"] == "time:day"
    assert "Chosen for the next experiment." in text_of(at)
    composed = open_page("experiments", dataset=dataset.id, new=1, split="time:day")
    assert "day" in [box.value for box in composed.selectbox]
    button(at, "Train a baseline now").click().run()
    assert not at.exception
    (made,) = experiments.list_experiments(lab.ws, experiments.ExperimentFilter()).items
    config = experiments.get_experiment(lab.ws, made.id).config
    assert (config.evaluation.strategy, config.evaluation.time_column) == ("time", "day")
    assert config.features.roles == {"state": ColumnRole.DROP}
    assert config.feature_set_id is not None
    at = open_page("data", dataset=dataset.id, split="time:day")
    at.button(key="undo_settled_dates_suggest_time_split_day").click().run()
    assert "split" not in at.query_params


@pytest.mark.parametrize("split", ["time", "time:nowhere", "best:day", ":", "grouped:churned"])
def test_a_split_of_the_url_that_does_not_fit_is_passed_over(lab: Lab, split: str) -> None:
    dataset = shop_table(lab)
    assert not open_page("data", dataset=dataset.id, split=split).exception
    at = open_page("experiments", dataset=dataset.id, new=1, split=split)
    assert not at.exception
    assert "How to judge them" in text_of(at)


def test_what_is_unresolved_is_said_before_a_start_and_forbids_nothing(lab: Lab) -> None:
    dataset = shop_table(lab)
    at = open_page("experiments", dataset=dataset.id, new=1)
    assert "2 findings are unresolved" in text_of(at)
    assert "“state” alone tells “churned” almost without error" in text_of(at)
    assert not at.button(key="compose_train").disabled


def test_many_findings_are_shown_a_few_at_a_time(lab: Lab) -> None:
    names = [f"c{place}" for place in range(30)]
    rows = [",".join(["1"] * 30 + [str(row % 7)]) for row in range(120)]
    text = "\n".join((",".join([*names, "y"]), *rows))
    dataset = datasets.add_file(lab.ws, write(lab.folder, "flat.csv", text), target="y")
    at = open_page("data", dataset=dataset.id)
    assert "c9” holds" not in text_of(at)
    at.button(key="more_settled").click().run()
    assert not at.exception
    assert "c9” holds" in text_of(at)
