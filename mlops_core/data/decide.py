"""Which type each column of text has.

A column gets a type when all of its values convert, or all but a few odd ones, whose rows are then
left out and listed. Odd values are an accident, not a code, when there are at least 200 values, no
more than 1 in 200 is odd, and none of the odd ones stands there more than three times: a word that
means something (a code for "not measured", a rare class) comes back, a slip does not. A number or a
date in another notation is no slip either, nor is a letter in an identifier; such a column stays
text. All columns together leave out at most 1 row in 100; beyond that the worst stay text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from mlops_core.data import words
from mlops_core.data.asked import Samples, as_asked, twin_order
from mlops_core.data.cells import Cells, Odd
from mlops_core.data.decision import Decision, texts, typed
from mlops_core.data.engine import Connection
from mlops_core.data.kinds import Kind, kinds
from mlops_core.data.missing import Missing
from mlops_core.data.questions import Count
from mlops_core.data.roles import names_identifier
from mlops_core.data.slices import TableOf
from mlops_core.domain.columns import ColumnType, DateOrder, ReadOptions
from mlops_core.domain.sentences import say
from mlops_core.errors import InvalidInput
from mlops_core.i18n import N_, _

MIN_COMPACT_DATES = 20
MIN_VALUES = 200
MAX_ODD = 1 / 200
MAX_REPEATED = 3
MAX_LEFT_OUT = 1 / 100  # of all rows, whatever the number of columns
SAMPLE_ODD = 10  # cells of the first thousand: what is odd may stand close together
_NUMERIC = (ColumnType.INTEGER, ColumnType.NUMBER)
NAMED = 20  # columns that a message lists
_EITHER_ORDER = N_(
    "“{column}” stays text: its dates could be day first or month first."
    " Choose the order of the dates to have them read as dates."
)


def decide(
    connection: Connection,
    table: TableOf,
    names: Sequence[str],
    decimal: str,
    *,
    options: ReadOptions,
    settled: bool,
    rows: int,
) -> list[Decision]:
    """A type for each text column c0, c1 … of a table; ``names`` are the columns' own names.

    Args:
        settled: The decimal sign is beyond doubt.
        rows: Of the table.

    Raises:
        InvalidInput: a type was asked for of a column that does not have it, or is not there.
    """
    cells = Cells(connection, table, len(names), Missing.of(options.missing))
    asked = _settled_types(names, options.types)
    samples = cells.samples()
    decided = as_asked(cells, names, asked, samples, decimal, options.dates)
    rest = {place: values for place, values in samples.items() if place not in asked}
    typing = _Typing(cells, names, kinds(decimal, settled), rest, options.dates)
    decided |= typing.strict()
    decided |= typing.but_for_a_few(rows)
    others = [place for place in range(len(names)) if place not in decided]
    decided |= texts(cells, others, names)
    for place, one in decided.items():
        if asked.get(place) is ColumnType.TEXT:
            decided[place] = replace(one, notes=())
    return [decided[place] for place in range(len(names))]


class _Typing:
    """The search for the type of every column; what is not found stays text."""

    def __init__(
        self,
        cells: Cells,
        names: Sequence[str],
        known: Sequence[Kind],
        samples: Samples,
        dates: DateOrder | None,
    ) -> None:
        self.cells, self.names, self.known, self.dates = cells, names, known, dates
        self.strictly: dict[int, list[Kind]] = {}  # what the first rows admit
        self.nearly: dict[int, list[Kind]] = {}  # but for a few
        self.close: dict[int, list[tuple[Kind, Count, Odd]]] = {}
        for place, values in samples.items():
            total = sum(times for _value, times in values)
            limit = SAMPLE_ODD if total >= MIN_VALUES else 1
            odd = [(kind, kind.odd(values, limit)) for kind in known]
            if strictly := [kind for kind, count in odd if not count]:
                self.strictly[place] = strictly
            if nearly := [kind for kind, count in odd if 0 < count <= min(limit, total / 2)]:
                self.nearly[place] = nearly

        if cells.narrow:
            self._foresee()

    def _foresee(self) -> None:
        """Ask in one pass what will most likely be asked: the first kind of each column."""
        kinds: list[tuple[int, Kind]] = []
        for place, (kind, *_others) in self.strictly.items():
            kinds.append((place, kind))
            if kind.shape is not None and kind.shape.order:
                kinds.append((place, twin_order(self.known, kind)))
        undecided = self.strictly.keys() | self.nearly.keys()
        self.cells.foresee(kinds, [p for p in range(len(self.names)) if p not in undecided])

    def strict(self) -> dict[int, Decision]:
        """The columns all of whose values convert."""
        decided: dict[int, Decision] = {}
        for place, kind, count in self._counted(self.strictly):
            if count.values and not count.odd and self._likely(kind, place, count):
                self.close.pop(place, None)
                self.nearly.pop(place, None)
                decided[place] = self._typed(place, kind, count)
                self.strictly[place] = []
            elif self._is_close(kind, place, count) or not count.values:
                self.nearly.pop(place, None)
                self.strictly[place] = []
        return decided

    def but_for_a_few(self, rows: int) -> dict[int, Decision]:
        """The columns whose values convert but for a few, the fewest first."""
        for place, kind, count in self._counted(self.nearly):
            if self._is_close(kind, place, count) or count.values < MIN_VALUES:
                self.nearly[place] = []
        best = {place: max(found, key=_converted) for place, found in self.close.items()}
        decided: dict[int, Decision] = {}
        left_out = 0
        for place, (kind, count, odd) in sorted(best.items(), key=lambda item: item[1][1].odd):
            if left_out + count.odd > max(1, rows * MAX_LEFT_OUT):
                break
            decided[place] = self._typed(place, kind, count, odd)
            left_out += decided[place].odd_count
        return decided

    def _counted(self, waiting: dict[int, list[Kind]]) -> Iterator[tuple[int, Kind, Count]]:
        """One kind after the other of each column; the caller empties the list to stop."""
        while wanted := {place: found.pop(0) for place, found in waiting.items() if found}:
            for place, count in self.cells.count(wanted).items():
                yield place, wanted[place], count

    def _is_close(self, kind: Kind, place: int, count: Count) -> bool:
        """Whether nothing but slips is odd, so that no other kind would do better.

        Days and months can be taken for each other, so both orders are counted.
        """
        if not (_few_are_odd(count) and self._likely(kind, place, count)):
            return False
        odd = self.cells.odd(kind, place)
        code = kind.type in _NUMERIC and odd.digits and names_identifier(self.names[place])
        if odd.times > MAX_REPEATED or odd.otherwise or code:
            return False
        self.close.setdefault(place, []).append((kind, count, odd))
        return not (kind.shape and kind.shape.order)

    def _likely(self, kind: Kind, place: int, count: Count) -> bool:
        if kind.both:
            return count.distinct == 2
        if kind.written is not None and kind.written.proof:
            return count.proven > 0
        if kind.shape is not None and kind.shape.compact:
            # Eight digits are a date only when nothing else is likely.
            many = count.values >= MIN_COMPACT_DATES and count.distinct >= 3
            return many or words.DATE_NAMES.search(self.names[place]) is not None
        return True

    def _typed(self, place: int, kind: Kind, count: Count, odd: Odd | None = None) -> Decision:
        name, twin = self.names[place], None
        if kind.shape is not None and kind.shape.order:
            twin = twin_order(self.known, kind)
            other = self.cells.count({place: twin})[place]
            # Among slips, a few dates that show the order may be slips themselves.
            if other.converted < count.converted and not (count.odd and _few_are_odd(other)):
                twin = None
        if twin is None:
            return typed(self.cells, place, name, kind, count, odd)
        if self.dates is None:
            note = say(_EITHER_ORDER, column=name)
            return replace(texts(self.cells, [place], self.names)[place], notes=(note,))
        if twin.shape is not None and twin.shape.order == self.dates:
            kind, count = twin, other
            odd = self.cells.odd(kind, place) if count.odd else None
        return replace(typed(self.cells, place, name, kind, count, odd), chosen=True)


def _few_are_odd(count: Count) -> bool:
    return count.values >= MIN_VALUES and 0 < count.odd <= count.values * MAX_ODD


def _converted(found: tuple[Kind, Count, Odd]) -> int:
    return found[1].converted


def _settled_types(
    names: Sequence[str], types: Mapping[str, ColumnType] | None
) -> dict[int, ColumnType]:
    """The types that were asked for, by the places of their columns."""
    places = {name: place for place, name in enumerate(names)}
    for name in types or {}:
        if name not in places:
            shown = ", ".join(f"“{known}”" for known in names[:NAMED])
            raise InvalidInput(
                _("The table has no column “{column}”.").format(column=name),
                _("It has: {names}.").format(names=shown + (", …" if len(names) > NAMED else "")),
                field="types",
            )
    return {places[name]: wanted for name, wanted in (types or {}).items()}
