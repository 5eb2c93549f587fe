"""Columns whose type a person asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from mlops_core.data.cells import Cells
from mlops_core.data.decision import Decision, typed
from mlops_core.data.kinds import Kind, asked_kinds
from mlops_core.data.slips import none_is
from mlops_core.domain.columns import ColumnType, DateOrder
from mlops_core.errors import InvalidInput
from mlops_core.i18n import _

Samples: TypeAlias = Mapping[int, Sequence[tuple[str, int]]]
TRIED = 4  # ways of writing, those that most of the first rows follow


def as_asked(
    cells: Cells,
    names: Sequence[str],
    asked: Mapping[int, ColumnType],
    samples: Samples,
    decimal: str,
    dates: DateOrder | None,
) -> dict[int, Decision]:
    """A decision for every column that is to be more than text.

    Of all ways to write its type the one is taken that most of its values follow.

    Raises:
        InvalidInput: no value of a column converts, or the order of its dates is open.
    """
    decided = {}
    for place, wanted in asked.items():
        if wanted is not ColumnType.TEXT:
            known = asked_kinds(wanted, decimal)
            tried = _likeliest(known, samples.get(place, ()))
            decided[place] = _decided(cells, place, names[place], known, tried, dates)
    return decided


def _likeliest(known: Sequence[Kind], values: Sequence[tuple[str, int]]) -> list[Kind]:
    total = sum(times for _value, times in values)
    ranked = sorted(known, key=lambda kind: kind.odd(values, total))
    return ranked[:TRIED]


def _decided(
    cells: Cells,
    place: int,
    name: str,
    known: Sequence[Kind],
    tried: Sequence[Kind],
    dates: DateOrder | None,
) -> Decision:
    counts = [(kind, cells.count({place: kind})[place]) for kind in tried]
    kind, count = max(counts, key=lambda pair: pair[1].converted)
    if count.values and not count.converted:
        raise InvalidInput(
            none_is(kind.type, name, cells.odd(kind, place).word),
            _("Read it as text."),
            field="types",
        )
    chosen = False
    if kind.shape is not None and kind.shape.order and count.converted:
        twin = twin_order(known, kind)
        other = cells.count({place: twin})[place]
        chosen = other.converted == count.converted
        if chosen and dates is None:
            raise InvalidInput(
                _("The dates of “{column}” could be day first or month first.").format(column=name),
                _("Choose the order of the dates."),
                field="dates",
            )
        if chosen and twin.shape is not None and twin.shape.order == dates:
            kind, count = twin, other
    odd = cells.odd(kind, place) if count.odd else None
    return replace(typed(cells, place, name, kind, count, odd), chosen=chosen)


def twin_order(known: Sequence[Kind], kind: Kind) -> Kind:
    """The same way to write dates with day and month the other way round."""
    return next(
        one
        for one in known
        if one is not kind and one.shape is not None and one.sample == kind.sample
    )
