"""What is asked of all cells of a column of text, and two ways to ask it.

Of few columns each gets expressions of its own, and one pass over the table answers everything.
The cells of many columns are laid one below the other: one expression then serves all, where an
expression for each would take longer to plan than to run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlops_core.data import words
from mlops_core.data.engine import Connection, batches, literal
from mlops_core.data.kinds import Kind
from mlops_core.data.missing import Missing, trimmed
from mlops_core.domain.columns import ColumnType

BESIDE = 50  # columns a pass
# By this begins nothing that looks like a number, with whatever signs.
_LETTER = "(({v} >= 'A' AND {v} < '[') OR ({v} >= 'a' AND {v} < '{{'))"


@dataclass(frozen=True)
class Question:
    """What is asked of some cells.

    Attributes:
        steps: Columns made one after the other, each by its name.
        tally: The expression whose few different values are counted one by one.
        answers: Aggregates.
    """

    steps: Sequence[tuple[str, str]]
    tally: str
    answers: Sequence[str]

    @property
    def asked(self) -> list[str]:
        """``answers``, after what says as a rule which values the tally has."""
        tally = (f"{which}({self.tally})" for which in ("min", "max", "count"))
        return [*tally, *self.answers]


@dataclass(frozen=True)
class Count:
    """Cells of a column: those that say a value, that convert; distinct and proving if asked.

    Attributes:
        missing: The words for missing, as they stand there, counted.
        padded: Blanks stand around some of the cells.
        longer: Numbers of which not every digit is kept.
        spelled: Of truth values: the first and the last word, by the alphabet, for false and for
            true.
    """

    missing: Mapping[str, int]
    present: int
    values: int
    converted: int
    distinct: int
    proven: int
    padded: bool
    longer: int
    spelled: tuple[str | None, str | None, str | None, str | None]

    @classmethod
    def of(cls, answers: Sequence[Any]) -> Count:
        missing, present, converted, distinct, proven, padded, longer, *spelled = answers
        return cls(
            missing=missing,
            present=present,
            values=present - sum(missing.values()),
            converted=converted,
            distinct=distinct,
            proven=proven,
            padded=bool(padded),
            longer=longer,
            spelled=(spelled[0], spelled[1], spelled[2], spelled[3]),
        )

    @property
    def odd(self) -> int:
        return self.values - self.converted


def counting(cell: str, kind: Kind, missing: Missing, mark: str = "") -> Question:
    """How many of the cells ``cell`` convert; ``mark`` sets its names apart from others'.

    What converts as it stands there has no blanks around it and is not missing: only the rest,
    which is rare, is looked at closer.
    """

    def converted(text: str) -> str:
        return missing.before(text, kind.convert.format(t=text))

    plain, rest, value, gone = (f"{name}{mark}" for name in ("plain", "rest", "value", "gone"))
    steps = [
        (plain, converted(cell)),
        (rest, f"CASE WHEN {plain} IS NULL AND {cell} IS NOT NULL THEN {trimmed(cell)} END"),
        (value, f"coalesce({plain}, {converted(rest)})"),
        (gone, f"CASE WHEN {value} IS NULL AND {missing.in_typed(rest)} THEN {rest} END"),
    ]
    counted = kind.both or (kind.shape is not None and kind.shape.compact)
    proof = literal(kind.written.proof) if kind.written and kind.written.proof else ""
    spelled = ["NULL"] * 4
    if kind.type is ColumnType.BOOLEAN:
        word = f"coalesce({rest}, {cell})"
        spelled = [
            f"{end}({word}) FILTER ({value} = {truth})"
            for truth in ("false", "true")
            for end in ("min", "max")
        ]
    return Question(
        steps,
        gone,
        [
            f"count({cell})",
            f"count({value})",
            f"count(DISTINCT {value})" if counted else "0",
            f"count(*) FILTER (regexp_full_match({trimmed(cell)}, {proof}))" if proof else "0",
            f"bool_or({rest} <> {cell})",
            _longer(cell) if kind.type is ColumnType.NUMBER else "0",
            *spelled,
        ],
    )


def _longer(cell: str) -> str:
    """SQL: numbers with more digits than are kept; few are long enough to be looked at."""
    more = f"regexp_full_match({cell}, {literal(words.MORE_DIGITS)})"
    return f"count(CASE WHEN length({cell}) > 17 THEN nullif({more}, false) END)"


@dataclass(frozen=True)
class Words:
    """What stands in a column of text.

    Attributes:
        missing: The words for missing, as they stand there, counted.
        values: Cells that say something.
        odd: Those of them that are no plain numbers.
        padded: Numbers that begin with zeros.
        long: Numbers that are too long to be kept.
        decorated: Numbers with signs.
        example: The first of the odd ones, by the alphabet.
    """

    missing: Mapping[str, int]
    values: int
    odd: int
    padded: int
    long: int
    decorated: int
    example: str | None

    @classmethod
    def of(cls, answers: Sequence[Any]) -> Words:
        return cls(*answers)


def wording(cell: str, missing: Missing, mark: str = "") -> Question:
    """What stands in the cells ``cell`` of a column of text; ``mark`` as in ``counting``."""
    text, gone, digits, odd = (f"{name}{mark}" for name in ("text", "gone", "digits", "odd"))
    number = (
        f"regexp_full_match({text}, {literal(words.NUMBER)})"
        f" AND coalesce(isfinite(TRY_CAST({text} AS DOUBLE)), false)"
    )

    def like(pattern: str, also: str = "true") -> str:
        match = f"regexp_full_match({text}, {literal(pattern)})"
        return f"count(CASE WHEN {digits} AND {also} AND {match} THEN 1 END)"

    letter, said = _LETTER.format(v=cell), f"{cell} IS NOT NULL"
    return Question(
        [
            (text, trimmed(cell)),
            # All kinds of numbers hold a digit and begin with none of the plain letters.
            (digits, f"CASE WHEN {letter} THEN false ELSE regexp_matches({cell}, '[0-9]') END"),
            (gone, missing.in_typed(text)),
            (odd, f"CASE WHEN {gone} THEN false WHEN {digits} THEN NOT ({number}) ELSE {said} END"),
        ],
        f"CASE WHEN {gone} AND {missing.in_text(text)} THEN {text} END",
        [
            f"count({cell}) - count(CASE WHEN {gone} THEN 1 END)",
            f"count(CASE WHEN {odd} THEN 1 END)",
            like(words.PADDED),
            like(words.LONG_NUMBER),
            like(words.DECORATED, odd),
            f"left(min(CASE WHEN {odd} THEN {text} END), 40)",
        ],
    )


def beside(
    connection: Connection, table: str, questions: Sequence[Question]
) -> Iterator[Sequence[Any]]:
    """The tally and answers of each question about ``table``, whose columns they name."""
    for batch in batches(questions, BESIDE):
        parts = ", ".join(part for question in batch for part in question.asked)
        asked = _stepwise(table, batch)
        found = iter(connection.execute(f"SELECT {parts} FROM {asked}").fetchone())  # noqa: S608
        for question in batch:
            first, last, times, *answers = [next(found) for _part in question.asked]
            if first == last:
                yield [_tally(first, times), *answers]
                continue
            counted = connection.execute(
                f"SELECT {question.tally} AS v, count(*) FROM {_stepwise(table, [question])}"  # noqa: S608
                " GROUP BY v HAVING v IS NOT NULL"
            ).fetchall()
            yield [dict(counted), *answers]


def below(
    connection: Connection, table: str, places: Sequence[int], question: Question
) -> dict[int, Sequence[Any]]:
    """The tally and answers for the cells ``v`` of each of the columns ``places``."""
    found = connection.execute(
        f"SELECT place, {', '.join(question.asked)} FROM {_laid(table, places, question)}"  # noqa: S608
        " GROUP BY place"
    ).fetchall()
    tallies = {place: _tally(first, times) for place, first, _last, times, *_answers in found}
    if many := [place for place, first, last, *_answers in found if first != last]:
        tallies |= {place: {} for place in many}
        counted = connection.execute(
            f"SELECT place, {question.tally} AS t, count(*)"  # noqa: S608
            f" FROM {_laid(table, many, question)} GROUP BY place, t HAVING t IS NOT NULL"
        ).fetchall()
        for place, value, times in counted:
            tallies[place][value] = times
    return {place: [tallies[place], *answers] for place, _f, _l, _n, *answers in found}


def _tally(value: str | None, times: int) -> dict[str, int]:
    return {} if value is None else {value: times}


def _laid(table: str, places: Sequence[int], question: Question) -> str:
    columns = ", ".join(f"c{place}" for place in places)
    cells = f"(SELECT unnest({list(places)}) AS place, unnest([{columns}]) AS v FROM {table})"  # noqa: S608
    return _stepwise(cells, [question])


def _stepwise(table: str, questions: Sequence[Question]) -> str:
    for step in range(max(len(question.steps) for question in questions)):
        made = ", ".join(
            f"{question.steps[step][1]} AS {question.steps[step][0]}"
            for question in questions
            if step < len(question.steps)
        )
        table = f"(SELECT *, {made} FROM {table})"  # noqa: S608
    return table
