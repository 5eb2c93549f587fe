"""Which columns a model sees, and in which role."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from mlops_core.domain.columns import NATURAL_ROLES, ColumnRole, ColumnType
from mlops_core.domain.configs import FeatureConfig
from mlops_core.errors import InvalidInput
from mlops_core.i18n import _


def resolve_columns(
    config: FeatureConfig,
    columns: Mapping[str, ColumnRole | str],
    target: str,
    types: Mapping[str, ColumnType],
) -> list[tuple[str, ColumnRole]]:
    """The feature columns with their roles, in the table's order.

    Args:
        config: What was asked for.
        columns: Suggested role of every column of the table, in its order.
        target: The column to learn; never a feature.
        types: Type of every column.

    Raises:
        InvalidInput: a named column does not exist, the target is listed as a feature, or nothing
            is left; ``field`` says where.
    """
    _refuse_unknown(config, columns)
    if config.include != "all" and target in config.include:
        raise InvalidInput(
            _("The target {name!r} is listed as a feature.").format(name=target),
            _("Take it off the list: a model may not see its own answer."),
            field="features.include",
        )
    chosen = [
        # A column that the table lacks is refused where the table is read.
        (name, role_of(config, name, ColumnRole(columns[name]), types.get(name, ColumnType.TEXT)))
        for name in columns
        if name != target and name not in config.exclude and _is_included(config, name)
    ]
    used: list[tuple[str, ColumnRole]] = [
        (name, role) for name, role in chosen if role is not ColumnRole.DROP
    ]
    if not used:
        raise InvalidInput(
            _("No column is left to learn from."),
            _("Include at least one column besides the target, with a role other than drop."),
            field="features.include",
        )
    return used


def role_of(
    config: FeatureConfig, name: str, suggested: ColumnRole, kind: ColumnType
) -> ColumnRole:
    """The role of one column under ``config``.

    Who lists a column wants it used: the suggestion to drop it counts only among "all".
    """
    if name in config.roles:
        return config.roles[name]
    listed = config.include != "all" and name in config.include
    return NATURAL_ROLES[kind] if listed and suggested is ColumnRole.DROP else suggested


def near_misses(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """Up to three of ``known`` that ``name`` may have meant; blanks and case do not count."""
    plain: dict[str, str] = {}
    for column in known:
        plain.setdefault(column.strip().casefold(), column)
    matches = get_close_matches(name.strip().casefold(), plain, n=3, cutoff=0.7)
    return tuple(plain[match] for match in matches)


def unknown_column(name: str, known: Iterable[str], field: str) -> InvalidInput:
    """The error for a column that the table does not have."""
    names = list(known)
    if found := near_misses(name, names):
        hint = _("Did you mean {names}?").format(names=", ".join(repr(near) for near in found))
    else:
        shown = ", ".join(repr(column) for column in names[:10])
        more = _(" and {count} more").format(count=len(names) - 10) if len(names) > 10 else ""
        hint = _("The dataset has: {names}.").format(names=shown + more)
    return InvalidInput(
        _("The dataset has no column {name!r}.").format(name=name), hint, field=field
    )


def _refuse_unknown(config: FeatureConfig, columns: Mapping[str, ColumnRole | str]) -> None:
    included = () if config.include == "all" else config.include
    for field, names in (
        ("features.include", included),
        ("features.exclude", config.exclude),
        ("features.roles", tuple(config.roles)),
    ):
        for name in names:
            if name not in columns:
                raise unknown_column(name, columns, field)


def _is_included(config: FeatureConfig, name: str) -> bool:
    return config.include == "all" or name in config.include
