"""Findings: what is done about them, what is let be, and what is left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mlops_core.domain.columns import NATURAL_ROLES, Column, ColumnRole
from mlops_core.domain.configs import NAME_LENGTH, FeatureConfig, SplitStrategy
from mlops_core.domain.findings import Acceptance, Finding, Identity, Severity
from mlops_core.domain.records import Dataset, FeatureSet
from mlops_core.errors import InvalidInput, NotFound
from mlops_core.features.resolve import role_of
from mlops_core.i18n import _
from mlops_core.services import features
from mlops_core.services.datasets import get_dataset
from mlops_core.services.names import clean_text
from mlops_core.services.runs import get_run
from mlops_core.store import datasets as store
from mlops_core.store.configs import FEATURE_SETS, newest
from mlops_core.store.workspace import Workspace

# Findings that a way of splitting the rows answers, by the column that they name.
SPLITS = {
    "dates_suggest_time_split": SplitStrategy.TIME,
    "entities_suggest_grouped_split": SplitStrategy.GROUPED,
}
# Findings about features of the target that was checked: with another one they say nothing.
_OF_TARGET = frozenset({"leakage", "contradictory_rows", "duplicates_across_split"})


def find(dataset: Dataset, code: str, column: str | None) -> Finding:
    """The finding of a dataset that has this identity.

    Raises:
        NotFound: there is none; the hint says what there is.
    """
    for finding in dataset.findings:
        if finding.identity == (code, column):
            return finding
    same = [finding.column for finding in dataset.findings if finding.code == code]
    if same:
        names = ", ".join(f"“{name}”" if name else _("no column") for name in same[:5])
        hint = _("It is there for: {names}.").format(names=names)
    else:
        codes = ", ".join(dict.fromkeys(finding.code for finding in dataset.findings))
        hint = _("There is: {names}.").format(names=codes) if codes else _("There is none.")
    about = _(" of column “{column}”").format(column=column) if column else ""
    raise NotFound(
        _("“{name}” version {version} has no finding {code}{about}.").format(
            name=dataset.name, version=dataset.version, code=code, about=about
        ),
        hint,
        field="column" if same else "code",
    )


def accept(ws: Workspace, dataset_id: int, code: str, column: str | None, reason: str) -> Dataset:
    """Let a finding be, and keep why; the same finding of a later version is let be too.

    Raises:
        NotFound: there is no such dataset or finding.
        InvalidInput: the reason is empty or too long.
    """
    said = clean_text(reason, "reason")
    if not said:
        raise InvalidInput(
            _("The reason is empty."),
            _("Say why it may stay: somebody will ask."),
            field="reason",
        )
    acceptance = Acceptance(reason=said, at=ws.now())
    return _mark(ws, dataset_id, (code, column), acceptance)


def reopen(ws: Workspace, dataset_id: int, code: str, column: str | None) -> Dataset:
    """Take back that a finding was accepted.

    Raises:
        NotFound: there is no such dataset or finding.
    """
    return _mark(ws, dataset_id, (code, column), None)


def _mark(
    ws: Workspace, dataset_id: int, identity: Identity, acceptance: Acceptance | None
) -> Dataset:
    get_dataset(ws, dataset_id)  # says who is missing
    with ws.begin() as connection:
        dataset = store.find(connection, ws.datasets, dataset_id=dataset_id)
        if dataset is not None:
            find(dataset, *identity)
            marked = [
                one.model_copy(update={"accepted": acceptance}) if one.identity == identity else one
                for one in dataset.findings
            ]
            kept = {"findings": [one.model_dump(mode="json") for one in marked]}
            store.change(connection, dataset_id, kept)
    return get_dataset(ws, dataset_id)


# What is left -------------------------------------------------------------------------------------


def unresolved(
    dataset: Dataset, config: FeatureConfig, target: str | None = None
) -> tuple[Finding, ...]:
    """Warnings and problems that are neither accepted nor settled by the choice of features.

    Args:
        target: The column to learn, where it is not the dataset's own.
    """
    learned = target or dataset.target
    return tuple(
        finding
        for finding in dataset.findings
        if finding.severity is not Severity.INFO
        and finding.accepted is None
        and not settled(dataset, finding, config)
        and (learned == dataset.target or _counts_for(finding, dataset.target, learned))
    )


def _counts_for(finding: Finding, checked: str | None, learned: str | None) -> bool:
    if finding.code in _OF_TARGET:
        return False
    return finding.column is None or finding.column not in (checked, learned)


def unresolved_of_run(ws: Workspace, run_id: int) -> tuple[Finding, ...]:
    """What was unresolved of the data that a run learned from, as it stands now.

    Raises:
        NotFound: there is no such run.
    """
    run = get_run(ws, run_id)
    with ws.read() as connection:
        dataset = store.find(
            connection, ws.datasets, name=run.dataset_name, version=run.dataset_version
        )
    if dataset is None:
        return ()
    return unresolved(dataset, run.spec.features, run.spec.dataset.target)


def settled(dataset: Dataset, finding: Finding, config: FeatureConfig) -> bool:
    """Whether the choice of features has done what the finding asks for."""
    column = dataset.column(finding.column) if finding.column else None
    if column is None or column.name == dataset.target or finding.code in SPLITS:
        return False
    if not is_used(config, column):
        return True
    if finding.fix in ("categorical", "text"):
        return _role(config, column) is ColumnRole(finding.fix)
    other = dataset.column(str(finding.said.facts.get("other", ""))) if finding.said else None
    return other is not None and not is_used(config, other)


def is_used(config: FeatureConfig, column: Column) -> bool:
    """Whether a model would see the column."""
    named = config.include == "all" or column.name in config.include
    left_out = column.name in config.exclude or not named
    return not left_out and _role(config, column) is not ColumnRole.DROP


def _role(config: FeatureConfig, column: Column) -> ColumnRole:
    return role_of(config, column.name, column.role, column.type)


# What is done -------------------------------------------------------------------------------------


def apply_fix(
    ws: Workspace,
    dataset_id: int,
    code: str,
    column: str,
    feature_set_id: int | None = None,
) -> FeatureSet:
    """Do what a finding asks for in the next version of a feature set, or in a first one.

    Raises:
        NotFound: there is no such dataset, finding or feature set.
        InvalidInput: the finding has no fix, or no column would be left.
    """
    finding = find(get_dataset(ws, dataset_id), code, column)
    role = finding.fix
    if role is None:
        raise InvalidInput(
            _("The finding {code} has no fix in the features.").format(code=code),
            _("Accept it with a reason, or correct the file."),
            field="code",
        )
    return _changed(
        ws, dataset_id, feature_set_id, lambda config, _dataset: fixed(config, column, role)
    )


def apply_all(ws: Workspace, dataset_id: int, feature_set_id: int | None = None) -> FeatureSet:
    """Do what every finding asks for that is neither settled nor accepted.

    Raises:
        NotFound: there is no such dataset or feature set.
        InvalidInput: no column would be left.
    """
    return _changed(
        ws, dataset_id, feature_set_id, lambda config, dataset: suggested(dataset, config)
    )


def suggested(dataset: Dataset, config: FeatureConfig | None = None) -> FeatureConfig:
    """The configuration (every column in its suggested role) with the fixes that findings offer.

    What is accepted stays; of two columns that are equal, one does.
    """
    now = config or FeatureConfig()
    for finding in dataset.findings:
        name, fix = finding.column, finding.fix
        if name is None or fix is None or finding.accepted is not None:
            continue
        if name != dataset.target and dataset.column(name) and not settled(dataset, finding, now):
            now = fixed(now, name, fix)
    return now


def undo_fix(
    ws: Workspace, dataset_id: int, column: str, feature_set_id: int | None = None
) -> FeatureSet:
    """Use a column again, in the role that is suggested for it.

    Raises:
        NotFound: there is no such dataset, column or feature set.
    """

    def back(config: FeatureConfig, dataset: Dataset) -> FeatureConfig:
        found = dataset.column(column)
        if found is None:
            raise NotFound(_("There is no column “{column}”.").format(column=column))
        return restored(config, found)

    return _changed(ws, dataset_id, feature_set_id, back)


def fixed(config: FeatureConfig, column: str, fix: str) -> FeatureConfig:
    """The configuration with a column in the role that a finding asks for."""
    role, roles = ColumnRole(fix), dict(config.roles)
    if role is ColumnRole.DROP and config.include != "all":
        roles.pop(column, None)
        left = tuple(name for name in config.include if name != column)
        return config.model_copy(update={"include": left, "roles": roles})
    return config.model_copy(update={"roles": {**roles, column: role}})


def restored(config: FeatureConfig, column: Column) -> FeatureConfig:
    """The configuration with a column used again as suggested, or as its type suggests."""
    name = column.name
    roles = {one: role for one, role in config.roles.items() if one != name}
    if config.include == "all" and column.role is ColumnRole.DROP:
        roles[name] = NATURAL_ROLES[column.type]
    include = config.include
    if include != "all" and name not in include:
        include = (*include, name)
    exclude = tuple(one for one in config.exclude if one != name)
    return config.model_copy(update={"include": include, "exclude": exclude, "roles": roles})


def _changed(
    ws: Workspace,
    dataset_id: int,
    feature_set_id: int | None,
    change: Callable[[FeatureConfig, Dataset], FeatureConfig],
) -> FeatureSet:
    dataset = get_dataset(ws, dataset_id)
    base = None if feature_set_id is None else features.get_feature_set(ws, feature_set_id)
    if base is not None and base.dataset_name == dataset.name:
        return features.save(ws, base.name, dataset_id, change(base.config, dataset))
    config = change(FeatureConfig(), dataset)
    return features.save(ws, _free_name(ws, dataset), dataset_id, config)


def _free_name(ws: Workspace, dataset: Dataset) -> str:
    """The customary name of features of this dataset, which no other dataset has taken."""
    usual = _("{dataset} features").format(dataset=dataset.name[: NAME_LENGTH - 20])
    with ws.read() as connection:
        for number in range(1, 100):
            name = usual if number == 1 else f"{usual} {number}"
            last = newest(connection, FEATURE_SETS, name)
            if last is None or last.dataset_name == dataset.name:
                return name
    return usual


def content(finding: Finding) -> dict[str, Any]:
    """A finding as programs read it: every sentence in the language of the caller."""
    return {
        "code": finding.code,
        "severity": finding.severity,
        "message": finding.sentence,
        "column": finding.column,
        "fix": finding.fix,
        "evidence": str(finding.evidence) if finding.evidence else None,
        "accepted": finding.accepted,
    }
