"""Tables of more columns than the engine writes at once: read and written in slices."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from mlops_core.data import rows as row_writer
from mlops_core.data import slices
from mlops_core.data.read import ImportedTable, import_file

Read = Callable[..., ImportedTable]
WIDE = 100  # in place of the thousand: the same slices, a tenth of the time
WIDTH = 2 * WIDE + 3


@pytest.fixture(autouse=True)
def _narrow_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (row_writer, slices):
        monkeypatch.setattr(module, "WIDE", WIDE)
    monkeypatch.setattr(row_writer, "NARROW", WIDE // 5)


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(rows: list[list[str]] | list[str], end: str = "\n") -> ImportedTable:
        lines = [",".join(row) if isinstance(row, list) else row for row in rows]
        source = tmp_path / "source"
        source.write_bytes((end.join(lines) + end).encode("utf-8", "surrogateescape"))
        return import_file(source, tmp_path / "table", checked=False)

    return read


def grid(rows: int) -> list[list[str]]:
    """A header and ``rows`` rows: whole numbers, words and fractions, a third of each."""
    kinds = (lambda n: str(n), lambda n: f"w{n}", lambda n: f"{n}.5")
    cells = [[kinds[c % 3](r * WIDTH + c) for c in range(WIDTH)] for r in range(rows)]
    return [[f"v{place}" for place in range(WIDTH)], *cells]


def stored(table: ImportedTable) -> list[list[str]]:
    return [
        [str(cell) for cell in row] for row in duckdb.read_parquet(str(table.table_path)).fetchall()
    ]


def test_every_cell_comes_back_in_its_place(read: Read) -> None:
    rows = grid(7)
    table = read(rows)
    assert [column.name for column in table.columns] == rows[0]
    assert [column.type.value for column in table.columns[:4]] == [
        *("integer", "text", "number", "integer")
    ]
    assert stored(table) == rows[1:]
    assert sorted(path.name for path in table.table_path.parent.iterdir()) == ["table.parquet"]


@pytest.mark.parametrize("held", [slices.HELD_CELLS, 700 * WIDTH])
def test_many_row_groups_are_put_together_in_order(
    read: Read, monkeypatch: pytest.MonkeyPatch, held: int
) -> None:
    monkeypatch.setattr(slices, "HELD_CELLS", held)
    rows = slices.GROUP_ROWS + 150
    cells = ["7"] * (WIDTH - 2)
    table = read(
        [["first", *(f"c{place}" for place in range(WIDTH - 2)), "last"]]
        + [[str(row), *cells, str(-row)] for row in range(rows)]
    )
    found = duckdb.read_parquet(str(table.table_path)).select("first", "c123", "last").fetchall()
    assert found == [(row, 7, -row) for row in range(rows)]


@pytest.mark.parametrize("place", [0, WIDE, WIDTH - 1])
@pytest.mark.parametrize("fault", ["short", "long", "bytes", "quote"])
def test_a_faulty_row_is_left_out_of_all_slices(read: Read, fault: str, place: int) -> None:
    rows = grid(9)
    rows[1][1] = "나라말이 중국과 달라"  # so that the file can be nothing but UTF-8
    bad = list(rows[5])
    if fault == "short":
        bad = bad[: max(place, 1)]
    elif fault == "long":
        bad.insert(place, "more")
    elif fault == "bytes":
        bad[place] = "\udcff"
    else:
        bad[place] = '"a"b'
    table = read([*rows[:5], bad, *rows[6:]])
    left_out = [one.line for one in table.report.rejects]
    if fault == "quote":  # such a cell may be kept as it stands there
        kept = stored(table)
        assert left_out == [6] or kept[4][place] in ('"a"b', 'ab"', "ab")
        assert [row for number, row in enumerate(kept) if left_out or number != 4] == [
            *rows[1:5],
            *rows[6:],
        ]
        return
    assert left_out == [6]
    assert stored(table) == [*rows[1:5], *rows[6:]]


def test_odd_values_leave_their_rows_out_of_all_slices(read: Read) -> None:
    rows = grid(400)
    rows[100][0] = rows[200][WIDTH - 2] = "oops"
    # Two of them in one row: the first of its columns is the one that is told.
    rows[250][3] = rows[250][WIDTH - 5] = "oops"
    table = read(rows)
    told = [(one.line, one.column) for one in table.report.rejects]
    assert told == [(101, "v0"), (201, f"v{WIDTH - 2}"), (251, "v3")]
    assert table.rows == 397
    kept = [row for number, row in enumerate(rows[1:], 1) if number not in (100, 200, 250)]
    assert stored(table) == kept


def test_a_header_that_stands_again_is_left_out(read: Read) -> None:
    rows = grid(6)
    table = read([*rows[:4], rows[0], *rows[4:]])
    assert [one.line for one in table.report.rejects] == [5]
    assert stored(table) == rows[1:]


def test_cells_over_several_lines(read: Read) -> None:
    rows = grid(5)
    written = [list(row) for row in rows]
    rows[2][WIDE + 1] = "a\nb, c"
    written[2][WIDE + 1] = '"a\nb, c"'
    assert stored(read(written)) == rows[1:]
    assert stored(read(written, "\r\n")) == rows[1:]
