"""How the text of a file is cut into cells: delimiter, quote, escape, header, decimal mark."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from mlops_core.data import words
from mlops_core.domain.columns import ReadOptions
from mlops_core.domain.sentences import Sentence, say
from mlops_core.errors import InvalidInput
from mlops_core.i18n import N_, _

DELIMITERS = (",", ";", "\t", "|")
# Believed only where all rows are cut into the same number of cells, and nothing else cuts them.
RARE_DELIMITERS = ("^", "~", "\x1f", "\x01", "¦", "¬", " ")
QUOTES = ('"', "'", "")
SAMPLE_ROWS = 1000
MAX_PREAMBLE = 20
MARK = "\ufeff"  # of the order of bytes
ONE_COLUMN = 0.3  # the score of what nothing cuts
_SEP = re.compile(r'"?sep=(.)"?[,;\t|]*\r?\n', re.IGNORECASE)  # how Excel is told the delimiter
csv.field_size_limit(2**31 - 1)

# Shapes by which values are told from names; of the rest those that hold digits.
_SHAPES = {
    "e-mail@": re.compile(r"\S+@\S+\.\w+"),
    "address:": re.compile(r"\w+://\S+"),
    "list[": re.compile(r"[\[{].*[\]}]", re.DOTALL),
}
_TRUTHS = {word for true, false, _both in words.BOOLEANS for word in (true, false) if word[1:]}
_TELLING = re.compile(r"[9@:\[]")


@dataclass(frozen=True)
class Dialect:
    """Everything needed to cut a text into rows of ``width`` cells.

    Attributes:
        escape: How a quote stands inside quotes: doubled (same as ``quote``) or a backslash.
        skip_space: Blanks after a delimiter belong to it: ``a, "b, c"``.
        preamble: Rows above the table (titles, notes), blank lines not counted.
        names: The cells of the header row, as they are; empty without one.
    """

    delimiter: str
    quote: str
    escape: str
    skip_space: bool = False
    header: bool = True
    preamble: int = 0
    width: int = 1
    decimal: Literal[".", ","] = "."
    names: tuple[str, ...] = ()
    notes: tuple[Sentence, ...] = ()

    def unescaped(self, line: str) -> str:
        """``line`` with backslash escapes turned into doubled quotes."""
        if self.escape != "\\":
            return line
        meant = {"\\": "\\", self.quote: self.quote * 2}  # anything else after it is just itself
        return re.sub(r"\\(.)", lambda m: meant.get(m[1], m[0]), line)

    def reader(self, lines: Iterator[str], strict: bool = True) -> Iterator[list[str]]:
        """The rows of ``lines``. With ``strict`` a misplaced quote raises ``csv.Error``."""
        return csv.reader(
            (self.unescaped(line) for line in lines) if self.escape == "\\" else lines,
            delimiter=self.delimiter,
            quotechar=self.quote or None,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            doublequote=True,
            skipinitialspace=self.skip_space,
            strict=strict,
        )


def sniff(sample: str, options: ReadOptions) -> Dialect:
    """The dialect of a file that begins with ``sample`` (whole lines), where ``options`` is open.

    Every candidate cuts the sample; the one wins whose rows are equally wide and whose cells look
    most like values.

    Raises:
        InvalidInput: there are only blank lines, or an option cannot be used.
    """
    _refuse_unusable(options)
    told = _SEP.match(sample) if options.delimiter is None else None
    open_ = options.delimiter is None and told is None
    delimiters = DELIMITERS if open_ else (told[1] if told else str(options.delimiter),)
    quotes = QUOTES if options.quote is None else (options.quote,)
    best: Dialect | None = None
    best_rows: list[list[str]] = []
    best_score, even = -1.0, False
    for delimiter in (*delimiters, *(RARE_DELIMITERS if open_ else ())):
        rare = delimiter not in delimiters
        if rare and (even or delimiter not in sample):
            continue
        if delimiter == " " and best_score > ONE_COLUMN:
            continue
        for dialect in _candidates(sample, delimiter, quotes):
            rows, faults = cut(sample, dialect)
            above = _words_above(rows, best_rows) if rare else 0
            cuts = _is_even(rows[above:], faults, delimiter)
            score = _score(rows, faults, delimiter)
            better = score > best_score or (rare and not even)
            if rows and better and (cuts or not rare):
                best, best_rows, best_score, even = dialect, rows, score, cuts
    if best is None or not sample.strip():
        raise InvalidInput(
            _("The file holds no rows."), _("Choose a file that holds a table."), field="file"
        )
    return _described(best, best_rows, options, told=told is not None)


def _refuse_unusable(options: ReadOptions) -> None:
    for field, mark in (("delimiter", options.delimiter), ("quote", options.quote)):
        if mark is None or (field == "quote" and not mark):
            continue
        if len(mark) != 1 or mark in "\r\n\x00" or options.delimiter == options.quote:
            raise InvalidInput(
                _("“{mark}” cannot be the {field}.").format(mark=mark, field=field),
                _("Use one character; delimiter and quote must differ."),
                field=field,
            )


def _candidates(sample: str, delimiter: str, quotes: tuple[str, ...]) -> Iterator[Dialect]:
    for quote in quotes:
        if quote and len(quotes) > 1 and quote != '"' and quote not in sample:
            continue
        if not quote and len(quotes) > 1 and '"' not in sample:
            continue
        spaced = bool(quote) and f"{delimiter} {quote}" in sample
        yield Dialect(delimiter, quote, quote, skip_space=spaced)
        if quote and f"\\{quote}" in sample:
            yield Dialect(delimiter, quote, "\\", skip_space=spaced)


def cut(sample: str, dialect: Dialect) -> tuple[list[list[str]], int]:
    """The first rows of ``sample`` (blank lines left out) and how many were faulty."""
    rows: list[list[str]] = []
    faults = 0
    reader = dialect.reader(io.StringIO(sample, newline=""))
    while len(rows) < SAMPLE_ROWS:
        try:
            row = next(reader)
        except StopIteration:
            break
        except csv.Error:
            faults += 1
            continue
        if row:
            rows.append(row)
    return rows, faults


def _is_even(rows: list[list[str]], faults: int, delimiter: str) -> bool:
    """Whether ``delimiter`` cuts all rows alike.

    A blank also stands within dates, telephone numbers and names: it only cuts values below names.
    """
    widths = {len(row) for row in rows}
    if faults or len(widths) != 1 or len(rows) < 2 or widths == {1}:
        return False
    if delimiter != " ":
        return True
    cells = [cell for row in rows[1:200] for cell in row]
    named = widths != {2} and all(cell and not _is_value(cell) for cell in rows[0])
    return named and 2 * sum(map(_is_value, cells)) > len(cells)


def _words_above(rows: list[list[str]], otherwise: list[list[str]]) -> int:
    """How many rows of one cell stand above a table that a rare sign cuts.

    They are no names, which what cuts the rows ``otherwise`` would cut; nor is the sign one that
    words happen to hold, below a word for all of them.
    """
    above = next((place for place, row in enumerate(rows) if len(row) > 1), 0)
    named = any(len(row) > 1 for row in otherwise[:above])
    return 0 if not above or above > MAX_PREAMBLE or named or len(rows[above]) == 2 else above


def _lines_above(rows: list[list[str]]) -> int:
    """How many rows of one cell stand above names with numbers below them."""
    above = next((place for place, row in enumerate(rows) if len(row) > 1), 0)
    table = rows[above:]
    if not 0 < above <= MAX_PREAMBLE or len(table) < 3:
        return 0
    usual = Counter(len(row) for row in table).most_common(1)[0][0]
    return above if len(table[0]) == usual and _above_numbers(table[0], table[1:]) else 0


def _score(rows: list[list[str]], faults: int, delimiter: str) -> float:
    """From 0 (nonsense) to 1 (every row equally wide, every cell a value)."""
    if not rows:
        return 0.0
    rows = rows[_lines_above(rows) :]
    width, count = Counter(len(row) for row in rows).most_common(1)[0]
    even = count / (len(rows) + faults)
    if width == 1:
        return even * ONE_COLUMN  # what remains when nothing else fits
    others = [mark for mark in DELIMITERS if mark != delimiter]
    cells = [cell for row in rows[:200] if len(row) == width for cell in row]
    return even * even * sum(_worth(cell, others) for cell in cells) / len(cells)


def _worth(cell: str, others: list[str]) -> float:
    text = cell.strip()
    if not text or words.is_number(text) or words.looks_like_date(text):
        return 1.0
    if text[0] in "\"'" or text[-1] in "\"'":
        return 0.3  # a quote was not understood
    if any(mark in text for mark in others):
        # A comma and a blank are how people write; a bare one rather separates.
        return 0.6 if "," not in others or not re.search(r",\S", text) else 0.4
    return 0.8


def _described(
    dialect: Dialect, rows: list[list[str]], options: ReadOptions, *, told: bool
) -> Dialect:
    """``dialect`` completed by what its rows show: preamble, width, header, decimal mark.

    ``told``: the first row only names the delimiter.
    """
    usual = Counter(len(row) for row in rows[_lines_above(rows) :]).most_common(1)[0][0]
    preamble = int(told)
    while (
        options.skip_top is None
        and usual > 1
        and preamble < min(MAX_PREAMBLE, len(rows) - 1)
        and (_is_above(rows[preamble], usual) or _is_title(rows, preamble, usual))
    ):
        preamble += 1
    table = rows[preamble:]
    if not table:
        raise InvalidInput(
            _("The file holds no rows."), _("Choose a file that holds a table."), field="file"
        )
    header = has_header(table) if options.header is None else options.header
    names = tuple(table[0]) if header else ()
    while len(names) > usual and not names[-1].strip():
        names = names[:-1]  # a delimiter too many at the end of the header
    width = max(usual, len(names))
    body = [row for row in table[1 if header else 0 :] if len(row) == width]
    notes: tuple[Sentence, ...] = ()
    if header and len(names) == width - 1 and any(row[-1].strip() for row in body):
        names = ("", *names)  # as R writes them: the names of rows have no name
        notes = (say(N_("The header has one name less than rows have cells: the first has none.")),)
    if width == 1 and 2 * sum("  " in row[0].strip() for row in rows) > len(rows) > 2:
        notes = (say(N_("It was read as one column. If blanks cut its columns, save it as CSV.")),)
    return replace(
        dialect,
        preamble=preamble,
        header=header,
        names=names,
        width=width,
        notes=notes,
        decimal=options.decimal or decimal_mark(body),
    )


def _is_above(row: list[str], usual: int) -> bool:
    """A row that stands above the table: nothing but blanks, or one cell where there are many."""
    filled = sum(1 for cell in row if cell.strip())
    return not filled or (filled == 1 and len(row) != usual)


def _is_title(rows: list[list[str]], place: int, usual: int) -> bool:
    """A row of usual width with words in its first cell alone, above a row of names.

    Spreadsheets pad the title of a table with empty cells.
    """
    row, below = rows[place], [cell.strip() for cell in rows[place + 1]]
    named = len(below) == usual > 2 and all(below) and not any(map(_is_value, below))
    first = row[0].strip()
    return named and bool(first) and not _is_value(first) and not any(map(str.strip, row[1:]))


def has_header(rows: list[list[str]]) -> bool:
    """Whether the first row names columns: text above values, or text that does not recur."""
    first, rest = rows[0], rows[1:]
    filled = [cell.strip() for cell in first if cell.strip()]
    if not filled:
        return False
    numbers = [cell for cell in filled if words.is_number(cell) or words.looks_like_date(cell)]
    if numbers:
        years = _is_years(numbers) and len(numbers) < len(filled)
        return years or _above_numbers(first, rest) or _counts_columns(first, rest)
    if _above_numbers(first, [row for row in rest if not _is_again(first, row)]):
        return True
    if all(re.fullmatch(r"[\W\d_]*\d[\W\d_]*", cell) for cell in filled):
        return False  # telephone numbers, times: names have letters
    if not rest or any(words.is_missing(cell) for cell in filled):
        return not rest
    if (named := _above_shapes(first, rest)) is not None:
        return named
    recurring = 0
    for place, cell in enumerate(first):
        recurring += any(place < len(row) and row[place] == cell for row in rest)
    return recurring * 2 < len(first)


def _is_again(first: list[str], row: list[str]) -> bool:
    """Where files were put end to end, names come again, perhaps with the mark of a file."""
    return [cell.removeprefix(MARK) for cell in row] == first


def _above_numbers(first: list[str], rest: list[list[str]]) -> bool:
    """Words in the first row stand above columns of numbers or dates: ``answer,1,2,3``."""
    for place, cell in enumerate(first):
        below = [row[place].strip() for row in rest if place < len(row)]
        below = [text for text in below if not words.is_missing(text)]
        worded = not words.is_missing(cell) and not _is_value(cell.strip())
        slips = sum(not _is_value(text) for text in below)
        if worded and len(below) > 1 and slips * 200 <= len(below):
            return True
    return False


def _above_shapes(first: list[str], rest: list[list[str]]) -> bool | None:
    """Whether the first row looks other than the rows below, whose cells look alike by column.

    None where no column has a shape of its own: names look like any word.
    """
    alike = unlike = 0
    for place, cell in enumerate(first):
        below = [row[place] for row in rest if place < len(row)]
        shapes = Counter(_shape(text) for text in below if not words.is_missing(text))
        if shapes.total() < 2 or words.is_missing(cell):
            continue
        shape, times = shapes.most_common(1)[0]
        if _TELLING.search(shape) and times >= 0.95 * shapes.total():
            alike += _shape(cell) == shape
            unlike += _shape(cell) != shape
    return unlike >= alike if alike or unlike else None


def _shape(text: str) -> str:
    """What kind of text it is, or else its letters and digits as one each between its signs."""
    text = text.strip()
    if text.lower() in _TRUTHS:
        return "truth:"
    for kind, pattern in _SHAPES.items():
        if pattern.fullmatch(text):
            return kind
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "9", text))


def _is_value(text: str) -> bool:
    return words.is_number(text) or words.looks_like_date(text)


def _counts_columns(first: list[str], rest: list[list[str]]) -> bool:
    """0, 1, 2 … above a table with words: how programs number columns that have no names."""
    if [cell.strip() for cell in first] != [str(place) for place in range(len(first))]:
        return False
    columns = [
        [cell for cell in cells if not words.is_missing(cell)]
        for cells in zip(*(row for row in rest if len(row) == len(first)), strict=True)
    ]
    return any(
        len(below) > 1 and not any(_is_value(cell.strip()) for cell in below) for below in columns
    )


def _is_years(cells: list[str]) -> bool:
    """2019, 2020, 2021: the header of a table with a column for each year."""
    if not all(re.fullmatch(r"(19|20)\d\d", cell) for cell in cells):
        return False
    years = [int(cell) for cell in cells]
    return len(years) > 1 and years == list(range(years[0], years[0] + len(years)))


def decimal_mark(rows: list[list[str]]) -> Literal[".", ","]:
    """The decimal mark that cells prove; ``1,234`` proves nothing and counts for neither."""
    commas = points = 0
    for row in rows:
        for cell in row:
            text = cell.strip()
            commas += words.COMMA_DECIMAL.fullmatch(text) is not None
            points += words.POINT_DECIMAL.fullmatch(text) is not None
    return "," if commas > points else "."
