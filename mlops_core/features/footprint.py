"""How much memory a table and its design matrix take, told from the stored profile alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mlops_core.domain.columns import Column, ColumnRole, ColumnType
from mlops_core.domain.configs import FeatureConfig
from mlops_core.domain.params import Algorithm
from mlops_core.features.resolve import resolve_columns

NUMBER_BYTES = 8
TEXT_BYTES = 16  # of a text besides its characters: where it begins, and that it is there
SPARSE_BYTES = 12  # of an entry in a compressed sparse row: the value and its column
SPARSE_BELOW = 0.3  # the share of entries that are not zero, see ``build_preparation``
DATE_PARTS = 6
LETTERS_A_WORD = 6


class Footprint(NamedTuple):
    """Bytes of the columns as they are read, bytes of the design matrix, and its columns."""

    table: float
    design: float
    columns: int


def footprint(
    config: FeatureConfig,
    columns: Sequence[Column],
    rows: int,
    target: str,
    algorithm: Algorithm,
) -> Footprint:
    """What ``rows`` rows take when ``algorithm`` learns from them.

    Raises:
        InvalidInput: the configuration does not fit the columns.
    """
    by_name = {column.name: column for column in columns}
    roles = {column.name: column.role for column in columns}
    types = {column.name: column.type for column in columns}
    table = width = filled = 0.0
    for name, role in resolve_columns(config, roles, target, types):
        column = by_name[name]
        outputs, entries = _outputs(column, role, config, algorithm)
        table += _bytes_read(column)
        width += outputs
        filled += entries
    sparse = not algorithm.needs_dense and filled < SPARSE_BELOW * width
    a_row = filled * SPARSE_BYTES if sparse else width * NUMBER_BYTES
    return Footprint(table=table * rows, design=a_row * rows, columns=int(width))


def _bytes_read(column: Column) -> float:
    if column.type is not ColumnType.TEXT:
        return NUMBER_BYTES
    return TEXT_BYTES + (column.profile.mean_length or 0.0)


def _outputs(
    column: Column, role: ColumnRole, config: FeatureConfig, algorithm: Algorithm
) -> tuple[float, float]:
    """How many columns one becomes, and how many of them are not zero in a row."""
    profile = column.profile
    if role is ColumnRole.NUMERIC:
        marked = 1 if profile.missing and not algorithm.handles_missing else 0
        return 1 + marked, 1
    if role is ColumnRole.DATE:
        return DATE_PARTS, DATE_PARTS
    if role is ColumnRole.TEXT:
        words = (profile.mean_length or 0.0) / LETTERS_A_WORD
        most = config.text.max_features
        return most, min(words, most)
    asked, most = config.categorical.encode, config.categorical.max_categories
    kind = algorithm.encode if asked == "auto" else asked
    many = asked == "auto" and profile.distinct > most
    return (min(profile.distinct, most), 1) if kind == "onehot" and not many else (1, 1)
