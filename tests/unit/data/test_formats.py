"""Tables that come in archives, workbooks, Parquet and JSON lines."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

import pandas as pd
import pytest

from mlops_core.data.read import ImportedTable, import_file, preview
from mlops_core.domain.columns import ColumnType, FileFormat, ReadOptions
from mlops_core.errors import InvalidInput

Read = Callable[..., ImportedTable]
CSV = "이름,나이,점수\n홍길동,31,1.5\n김철수,42,\n"
ROWS = [("홍길동", 31, 1.5), ("김철수", 42, None)]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(content: bytes, max_bytes: int = 1 << 30, **options: object) -> ImportedTable:
        source = tmp_path / "source"  # nothing is told by a name
        source.write_bytes(content)
        asked = ReadOptions.model_validate(options)
        return import_file(source, tmp_path / "table", options=asked, max_bytes=max_bytes)

    return read


def rows(table: ImportedTable) -> list[tuple[object, ...]]:
    return list(preview(table.table_path, 0, 1000).rows)


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def workbook(**sheets: list[list[object]]) -> bytes:
    """The smallest workbook that programs open; dates carry the date style."""
    names = list(sheets)
    files = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/'
        'content-types"><Default Extension="xml" ContentType="application/xml"/><Default '
        'Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-'
        'officedocument.spreadsheetml.sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r" '
        f'Type="{_OFFICE}/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}/relationships"><sheets>'
        + "".join(
            f'<sheet name="{escape(name)}" sheetId="{place}" r:id="r{place}"/>'
            for place, name in enumerate(names, 1)
        )
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="r{place}" Type="{_OFFICE}/relationships/worksheet" '
            f'Target="worksheets/sheet{place}.xml"/>'
            for place in range(1, len(names) + 1)
        )
        + f'<Relationship Id="s" Type="{_OFFICE}/relationships/styles" Target="styles.xml"/>'
        + "</Relationships>",
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><cellXfs count="2"><xf numFmtId="0"/>'
        '<xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>',
    }
    for place, lines in enumerate(sheets.values(), 1):
        data = "".join(f"<row>{''.join(map(_cell, line))}</row>" for line in lines)
        files[f"xl/worksheets/sheet{place}.xml"] = (
            f'<worksheet xmlns="{_MAIN}"><sheetData>{data}</sheetData></worksheet>'
        )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return out.getvalue()


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def _cell(value: object) -> str:
    if value is None:
        return "<c/>"
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    if isinstance(value, dt.date):
        return f'<c s="1"><v>{(value - dt.date(1899, 12, 30)).days}</v></c>'
    if isinstance(value, int | float):
        return f"<c><v>{value!r}</v></c>"
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(str(value))}</t></is></c>'


@pytest.mark.parametrize(
    "pack",
    [
        gzip.compress,
        lambda data: zipped(**{"표.csv": data}),
        lambda data: zipped(**{"folder/": b"", "folder/t.txt": data, "__MACOSX/t": b"x"}),
        lambda data: zipped(**{"t.csv.gz": gzip.compress(data)}),
        lambda data: gzip.compress(zipped(**{"../../t.csv": data})),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "cp949", "utf-16"])
def test_one_table_in_an_archive_is_read_like_the_file_inside(
    read: Read, pack: Callable[[bytes], bytes], encoding: str
) -> None:
    table = read(pack(CSV.encode(encoding)))
    assert rows(table) == ROWS
    assert "taken out of" in str(table.report.notes[0])
    assert table.report.format is FileFormat.CSV


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (zipped(**{"a.csv": b"a,b\n", "b.csv": b"a,b\n"}), "holds 2 files: “a.csv”, “b.csv”"),
        (zipped(), "zip archive is empty"),
        (zipped(**{"a/": b""}), "is empty"),
        (gzip.compress(CSV.encode() * 9000)[:-30], "gzip archive is damaged"),
        (zipped(**{"a.csv": CSV.encode() * 9000})[:300], "damaged|cannot be read"),
        (gzip.compress(gzip.compress(gzip.compress(CSV.encode()))), "gzip archive"),
        (gzip.compress(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20), "PNG"),
        (b'[{"a": 1}, {"a": 2}]', "JSON document"),
        (b"PAR1" + bytes(500) + b"PAR1", "Parquet file is damaged"),
        (zipped(**{"xl/workbook.xml": b"<broken"}), "cannot be read as a table"),
    ],
)
def test_what_holds_no_single_sound_table_is_said(read: Read, content: bytes, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as caught:
        read(content)
    assert caught.value.hint
    assert caught.value.field == "file"


def test_an_archive_that_grows_without_end_is_refused(read: Read, tmp_path: Path) -> None:
    for pack in (gzip.compress, lambda data: zipped(**{"a.csv": data})):
        with pytest.raises(InvalidInput, match="would be larger than"):
            read(pack(b"1,2\n" * (40 << 20)))
        with pytest.raises(InvalidInput, match="would be larger than"):
            read(pack(CSV.encode() * 50_000), max_bytes=1 << 20)
    assert [one.name for one in (tmp_path / "table").iterdir()] == []


def test_a_workbook_is_read_with_its_types(read: Read) -> None:
    day = dt.date(2026, 11, 26)
    content = workbook(
        표=[
            ["이름", "나이", "점수", "날짜", "예부", "코드"],
            ["홍, 길동\n“둘째”", 31, 0.1, day, True, "007"],
            ["김철수", None, 1e21, day, False, "010"],
        ]
    )
    table = read(content)
    assert [column.type for column in table.columns] == [
        ColumnType.TEXT,
        ColumnType.INTEGER,
        ColumnType.NUMBER,
        ColumnType.DATE,
        ColumnType.BOOLEAN,
        ColumnType.TEXT,
    ]
    assert rows(table) == [
        ("홍, 길동\n“둘째”", 31, 0.1, day, True, "007"),
        ("김철수", None, 1e21, day, False, "010"),
    ]
    assert (table.report.format, table.report.sheet) == (FileFormat.WORKBOOK, "표")


def test_a_sheet_is_chosen_and_a_title_above_the_table_is_left_out(read: Read) -> None:
    content = workbook(
        empty=[],
        first=[["2026년 매출"], [], ["지역", "월", "금액"], ["서울", 1, 10], ["부산", 2, 20]],
        second=[["a", "b"], [1, 2]],
    )
    table = read(content)
    assert rows(table) == [("서울", 1, 10), ("부산", 2, 20)]
    assert table.report.sheet == "first"
    assert any("also holds “empty”, “second”" in str(note) for note in table.report.notes)
    assert rows(read(content, sheet="second")) == [(1, 2)]
    with pytest.raises(InvalidInput, match="no sheet “third”") as caught:
        read(content, sheet="third")
    assert "“second”" in caught.value.hint
    with pytest.raises(InvalidInput, match="is empty"):
        read(content, sheet="empty")


def test_a_parquet_file_is_read_with_its_types(read: Read) -> None:
    frame = pd.DataFrame(
        {
            "이름": ["홍길동", None, 'a "b", c\n'],
            "수": pd.array([1, None, 2**60], dtype="Int64"),
            "실수": [0.1, 1e300, None],
            "참": [True, False, None],
            "때": pd.to_datetime(["2026-01-02 03:04:05.25", None, "2026-01-02"], format="mixed"),
            "곳": pd.to_datetime(["2026-01-02 09:00", None, "2026-01-03 09:00"]).tz_localize(
                "Asia/Seoul"
            ),
        }
    )
    out = io.BytesIO()
    frame.to_parquet(out)
    table = read(out.getvalue())
    assert rows(table) == [
        ("홍길동", 1, 0.1, True, dt.datetime(2026, 1, 2, 3, 4, 5, 250000), dt.datetime(2026, 1, 2)),
        (None, None, 1e300, False, None, None),
        ('a "b", c\n', 2**60, None, None, dt.datetime(2026, 1, 2), dt.datetime(2026, 1, 3)),
    ]
    assert table.report.format is FileFormat.PARQUET


def test_json_lines_are_read_and_what_is_none_is_rejected_with_its_line(read: Read) -> None:
    lines = [
        json.dumps({"이름": "홍길동", "n": 1, "ok": True}, ensure_ascii=False),
        '{"이름": "a,\\"b\\"\\n", "n": 12345678901234567890123, "more": {"x": [1, 2.50]}}',
        "",
        '{"이름": "broken"',
        "[1, 2]",
        '{"이름": "\\ud800"}',
        '{"n": 0.10, "ok": null, "이름": "\\ud83d\\ude00"}',
    ]
    table = read("\n".join(lines).encode())
    assert [column.name for column in table.columns] == ["이름", "n", "ok", "more"]
    assert rows(table) == [
        ("홍길동", "1", True, None),
        ('a,"b"\n', "12345678901234567890123", None, '{"x":[1,2.50]}'),
        ("😀", "0.10", None, None),
    ]
    assert [(one.line, one.reason) for one in table.report.rejects] == [
        (4, "It is not a JSON object."),
        (5, "It is not a JSON object."),
        (6, "It holds half of a character."),
    ]
    assert table.report.format is FileFormat.JSON_LINES


def test_json_nested_without_end_is_rejected_with_its_line(read: Read) -> None:
    for depth in (300, 900, 5000):
        deep = '{"a": ' + "[" * depth + "]" * depth + "}"
        table = read(f'{{"a": 1}}\n{{"a": 2}}\n{deep}\n{{"a": 3}}\n'.encode())
        assert table.rows + table.report.reject_count == 4
    assert [one.line for one in table.report.rejects] == [3]


def test_text_that_begins_with_a_brace_stays_text(read: Read) -> None:
    assert rows(read(b"{a},b\nx,1\ny,2\n")) == [("x", 1), ("y", 2)]


def test_a_row_with_an_odd_value_is_named_as_in_its_file(read: Read, tmp_path: Path) -> None:
    sheet = [["n", "w"], *[["x" if row == 100 else row, "v"] for row in range(300)]]
    lines = "\n".join(json.dumps({"n": cells[0], "w": "v"}) for cells in sheet[1:])
    column = ["x" if row == 100 else str(row) for row in range(300)]
    pd.DataFrame({"n": column, "w": "v"}).to_parquet(tmp_path / "in.parquet")
    expected = [
        (workbook(s=[["", ""], *sheet]), 103),
        (f"\n{lines}\n".encode(), 102),
        ((tmp_path / "in.parquet").read_bytes(), 101),
    ]
    for content, line in expected:
        table = read(content)
        assert [(one.line, one.column) for one in table.report.rejects] == [(line, "n")]
        assert table.columns[0].type is ColumnType.INTEGER
