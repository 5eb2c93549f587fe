"""Findings: accepted with a reason, settled by features, left over."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mlops_core.domain.columns import Column, ColumnRole, ColumnType
from mlops_core.domain.configs import FeatureConfig
from mlops_core.domain.findings import Finding, Severity, keep_accepted
from mlops_core.domain.records import Dataset
from mlops_core.domain.sentences import say, say_many
from mlops_core.errors import InvalidInput, NotFound
from mlops_core.i18n import N_, NN_, use_language
from mlops_core.services import datasets, features, findings
from mlops_core.store import datasets as store
from mlops_core.store.workspace import Workspace

CONSTANT = ("constant", "shop")


def table(
    ws: Workspace, folder: Path, rows: int = 120, *, shop: str = "one", name: str = "sales"
) -> Dataset:
    """A constant shop, an identifier, a target with missing values."""
    lines = [
        f"K{row},{shop},{row * 7 % 31 + row * 0.25},{'' if row < 3 else 'ab'[row % 2]}"
        for row in range(rows)
    ]
    path = folder / "sales.csv"
    path.write_text("\n".join(("id,shop,price,sold", *lines)), encoding="utf-8")
    return datasets.add_file(ws, path, name=name, target="sold")


def accepted(dataset: Dataset) -> dict[tuple[str, str | None], str]:
    return {one.identity: one.accepted.reason for one in dataset.findings if one.accepted}


def left(dataset: Dataset, config: FeatureConfig | None = None) -> set[str]:
    return {one.code for one in findings.unresolved(dataset, config or FeatureConfig())}


# Accepting ----------------------------------------------------------------------------------------


def test_what_is_accepted_stays_so_until_it_is_reopened(
    workspace: Workspace, tmp_path: Path
) -> None:
    first = table(workspace, tmp_path)
    findings.accept(workspace, first.id, *CONSTANT, " One shop for now. ")
    kept = {CONSTANT: "One shop for now."}
    assert accepted(datasets.set_target(workspace, first.id, "price")) == kept
    assert accepted(table(workspace, tmp_path)) == kept  # the same file again
    second = table(workspace, tmp_path, rows=140)
    assert (second.version, accepted(second)) == (2, kept)
    assert accepted(findings.reopen(workspace, second.id, *CONSTANT)) == {}
    assert accepted(datasets.get_dataset(workspace, first.id)) == kept
    assert accepted(table(workspace, tmp_path, name="other")) == {}


@pytest.mark.parametrize(
    ("code", "column", "reason", "error", "field"),
    [
        ("constant", "shop", "  ", InvalidInput, "reason"),
        ("constant", "shop", "x" * 5001, InvalidInput, "reason"),
        ("constant", "price", "fine", NotFound, "column"),
        ("leakage", "shop", "fine", NotFound, "code"),
    ],
)
def test_a_finding_that_is_not_there_or_a_missing_reason_is_said(
    workspace: Workspace,
    tmp_path: Path,
    code: str,
    column: str,
    reason: str,
    error: type[InvalidInput | NotFound],
    field: str,
) -> None:
    dataset = table(workspace, tmp_path)
    with pytest.raises(error) as said:
        findings.accept(workspace, dataset.id, code, column, reason)
    assert said.value.field == field
    assert accepted(datasets.get_dataset(workspace, dataset.id)) == {}


def test_findings_of_older_rows_are_read_and_shown_as_they_are(
    workspace: Workspace, tmp_path: Path
) -> None:
    dataset = table(workspace, tmp_path)
    old = {"code": "constant", "severity": "warning", "message": "«shop» est constante."}
    with workspace.begin() as connection:
        store.change(connection, dataset.id, {"findings": [{**old, "column": "shop", "fix": None}]})
    (read,) = datasets.get_dataset(workspace, dataset.id).findings
    assert (read.sentence, read.evidence, read.accepted) == (old["message"], None, None)
    assert accepted(findings.accept(workspace, dataset.id, *CONSTANT, "bien"))


def test_a_finding_is_read_in_the_language_of_the_reader(
    workspace: Workspace, tmp_path: Path
) -> None:
    use_language("ko")
    try:
        dataset = table(workspace, tmp_path)
    finally:
        use_language("en")
    found = findings.find(dataset, *CONSTANT)
    assert found.sentence == "“shop” holds the same value in every row."
    assert found.message != found.sentence
    assert findings.find(dataset, "target_missing", "sold").sentence.startswith(
        "The target “sold” is missing in 3 rows"
    )


TEXTS = some.text(max_size=8)


@given(facts=some.dictionaries(some.sampled_from("ab"), TEXTS, min_size=2), n=some.integers(0, 9))
def test_facts_are_never_read_as_places(facts: dict[str, str], n: int) -> None:
    assert str(say(N_("{a} and {b}"), **facts)) == f"{facts['a']} and {facts['b']}"
    forms = NN_("{count} of {a}", "{count} of all {a}")
    said = say_many(forms, n, a=facts["a"])
    assert str(said) == (f"1 of {facts['a']}" if n == 1 else f"{n} of all {facts['a']}")
    assert type(said).model_validate_json(said.model_dump_json()) == said


def test_the_first_acceptance_counts_and_other_columns_get_none() -> None:
    def one(column: str) -> Finding:
        return Finding.of("constant", Severity.WARNING, say("x"), column=column)

    found = keep_accepted([one("a"), one("b")], [one("a")], [])
    assert [finding.accepted for finding in found] == [None, None]


# What is left -------------------------------------------------------------------------------------


def test_what_features_leave_out_is_settled(workspace: Workspace, tmp_path: Path) -> None:
    dataset = table(workspace, tmp_path)
    assert {one.code for one in dataset.findings} == {
        "constant",
        "identifier_like",
        "target_missing",
    }
    assert left(dataset) == {"target_missing"}
    assert left(dataset, FeatureConfig(include=("id", "price"))) == {
        "identifier_like",
        "target_missing",
    }
    done = findings.accept(workspace, dataset.id, "target_missing", "sold", "known")
    assert left(done) == set()
    assert not findings.unresolved(dataset, FeatureConfig(), target="price")


def test_one_of_two_equal_columns_is_enough(workspace: Workspace, tmp_path: Path) -> None:
    lines = [f"{row % 17},{row % 17},{'ab'[row % 3 % 2]}" for row in range(200)]
    (tmp_path / "t.csv").write_text("\n".join(("x,twin,y", *lines)))
    dataset = datasets.add_file(workspace, tmp_path / "t.csv", target="y")
    equal = ("equal_columns", "twin")
    assert equal in {one.identity for one in findings.unresolved(dataset, FeatureConfig())}
    for name in ("x", "twin"):
        config = FeatureConfig(exclude=(name,))
        assert equal not in {one.identity for one in findings.unresolved(dataset, config)}


# Fixing -------------------------------------------------------------------------------------------


def test_a_fix_makes_features_or_goes_on_with_them_and_can_be_undone(
    workspace: Workspace, tmp_path: Path
) -> None:
    rows = [f"{'' if row % 4 else row},{row % 3 + 1},{'ab'[row % 2]}" for row in range(200)]
    (tmp_path / "t.csv").write_text("\n".join(("sparse,zone,y", *rows)))
    dataset = datasets.add_file(workspace, tmp_path / "t.csv", target="y")
    first = findings.apply_fix(workspace, dataset.id, "mostly_missing", "sparse")
    assert (first.name, first.version) == ("t features", 1)
    assert first.config.roles == {"sparse": ColumnRole.DROP}
    second = findings.apply_fix(workspace, dataset.id, "numbers_as_classes", "zone", first.id)
    assert (second.name, second.version) == ("t features", 2)
    assert second.config.roles == {"sparse": ColumnRole.DROP, "zone": ColumnRole.CATEGORICAL}
    assert all(findings.settled(dataset, one, second.config) for one in dataset.findings if one.fix)
    third = findings.undo_fix(workspace, dataset.id, "sparse", second.id)
    assert third.config.roles == {"zone": ColumnRole.CATEGORICAL}
    with pytest.raises(NotFound):
        findings.undo_fix(workspace, dataset.id, "spare", third.id)


def test_a_finding_without_a_fix_is_refused_one(workspace: Workspace, tmp_path: Path) -> None:
    dataset = table(workspace, tmp_path)
    with pytest.raises(InvalidInput, match="has no fix"):
        findings.apply_fix(workspace, dataset.id, "target_missing", "sold")


def test_features_of_another_dataset_are_not_continued(
    workspace: Workspace, tmp_path: Path
) -> None:
    other = table(workspace, tmp_path, name="other")
    taken = features.save(workspace, "sales features", other.id, FeatureConfig())
    dataset = table(workspace, tmp_path)
    made = findings.apply_fix(workspace, dataset.id, *CONSTANT, taken.id)
    assert (made.name, made.dataset_name) == ("sales features 2", "sales")


NAMES = some.sampled_from(["a", "b", "c"])
CONFIGS = some.builds(
    FeatureConfig,
    include=some.one_of(some.just("all"), some.lists(NAMES, unique=True).map(tuple)),
    exclude=some.lists(NAMES, unique=True).map(tuple),
    roles=some.dictionaries(NAMES, some.sampled_from(list(ColumnRole))),
)


@given(config=CONFIGS, name=NAMES, role=some.sampled_from(list(ColumnRole)))
def test_a_fix_does_what_it_says_and_undoing_uses_the_column_again(
    config: FeatureConfig, name: str, role: ColumnRole
) -> None:
    column = Column(name=name, original=name, type=ColumnType.INTEGER, role=role)
    out = findings.fixed(config, name, "drop")
    assert not findings.is_used(out, column)
    assert findings.is_used(findings.restored(out, column), column)
    others = {"a", "b", "c"} - {name}
    for one in others:
        same = column.model_copy(update={"name": one})
        assert findings.is_used(out, same) == findings.is_used(config, same)
