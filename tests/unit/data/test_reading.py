"""What comes out of a file is what stands in it, or it is said that it does not."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from mlops_core.data.heads import sniff_head
from mlops_core.data.read import ImportedTable, import_file, preview
from mlops_core.domain.columns import ReadOptions
from mlops_core.errors import InvalidInput, StoreError

Read = Callable[..., ImportedTable]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(content: str | bytes, options: ReadOptions | None = None) -> ImportedTable:
        source = tmp_path / "file [1]*.csv"  # no character of a name is a wildcard
        source.write_bytes(content if isinstance(content, bytes) else content.encode())
        return import_file(source, tmp_path / "table", options=options)

    return read


def rows(table: ImportedTable) -> list[tuple[object, ...]]:
    return list(preview(table.table_path, 0, 1000).rows)


def names(table: ImportedTable) -> list[str]:
    return [column.name for column in table.columns]


TABLE = "이름,나이,도시\n홍길동,31,서울\n김철수,42,부산\n이영희,29,대구\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_delimiter_and_quotes_are_found(read: Read, encoding: str, delimiter: str) -> None:
    text = TABLE.replace(",", delimiter).replace("홍길동", f'"홍{delimiter}길""동"')
    table = read(text.encode(encoding))
    assert rows(table)[0] == (f'홍{delimiter}길"동', 31, "서울")
    assert rows(table)[1:] == [("김철수", 42, "부산"), ("이영희", 29, "대구")]
    assert names(table) == ["이름", "나이", "도시"]
    assert table.report.delimiter == delimiter
    assert table.report.reject_count == 0


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("old Mac line ends", "a,b\r1,x\r3,y\r", [(1, "x"), (3, "y")]),
        ("mixed line ends", "a,b\r\n1,2\n3,4\r5,6\r\n", [(1, 2), (3, 4), (5, 6)]),
        ("no line end at the end", "a,b\n1,2\n3,4", [(1, 2), (3, 4)]),
        ("blank lines", "\n\na,b\n\n1,2\n\n\n3,4\n\n", [(1, 2), (3, 4)]),
        ("line ends in quotes", 'a,b\r\n1,"x\r\ny\nz"\r\n2,w\r\n', [(1, "x\r\ny\nz"), (2, "w")]),
        ("blank line in quotes", 'a,b\n1,"x\n\ny"\n\n2,w\n', [(1, "x\n\ny"), (2, "w")]),
        ("a single quote style", "a,b\n'x, y',1\n'z',2\n", [("x, y", 1), ("z", 2)]),
        ("backslash escapes", 'a,b\n"x \\", y",1\n"z \\"w\\"",2\n', [('x ", y', 1), ('z "w"', 2)]),
        ("inches", 'a,b\n5" pipe,2\n6" pipe,3\n', [('5" pipe', 2), ('6" pipe', 3)]),
        ("blank before a quote", 'a,b\n1, "x, y"\n3, "z"\n', [(1, "x, y"), (3, "z")]),
        ("blanks around words stay", "a,b\n x ,1\ny,2\n", [(" x ", 1), ("y", 2)]),
        ("one column", 'a\n1\n\n""\n3\n', [(1,), (None,), (3,)]),
        ("an unclosed quote", 'a,b\n1,x\n2,"y\n3,z\n', [(1, "x"), (2, '"y'), (3, "z")]),
        ("decimal commas", "a;b\n1,5;x\n2,25;y\n", [(1.5, "x"), (2.25, "y")]),
        ("commas in words", "a;b\nSeoul, Korea;1\nBusan, Korea;2\n", None),
        ("a delimiter too many in each row", "a,b\n1,2,\n3,4,\n", [(1, 2, None), (3, 4, None)]),
        ("a wide title above", "Report 2026\n\na,b,c\n1,2,3\n4,5,6\n", [(1, 2, 3), (4, 5, 6)]),
    ],
)
def test_every_way_to_write_a_table_is_understood(
    read: Read, name: str, content: str, expected: list[tuple[object, ...]] | None
) -> None:
    table = read(content)
    expected = expected or [("Seoul, Korea", 1), ("Busan, Korea", 2)]
    assert rows(table) == expected, name
    assert table.report.reject_count == 0


@pytest.mark.parametrize(
    ("head", "what"),
    [
        (b"PK\x03\x04\x14\x00[Content_Types].xml", "Excel workbook"),
        (b"PK\x03\x04\x14\x00data.csv", "zip archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Excel"),
        (b"PAR1\x15\x04", "Parquet"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"SQLite format 3\x00", "SQLite"),
        (bytes(range(256)) * 8, "binary"),
    ],
)
def test_what_is_no_csv_is_named_with_the_way_out(read: Read, head: bytes, what: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(head + b"\x00\x01\x02" * 20)
    assert what in caught.value.message
    assert caught.value.hint
    assert caught.value.field == "file"


@pytest.mark.parametrize("content", ["", "a,b,c\n", "\n\n\n"])
def test_a_file_without_rows_is_refused(read: Read, content: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(content)
    assert caught.value.message.endswith(".")


def test_ragged_rows_are_rejected_with_their_line(read: Read) -> None:
    table = read('a,b,c\n"x\ny",2,3\n4,5\n6,7,8,9\n7,8,9\n1,1,1\n2,2,2\n')
    assert len(rows(table)) == 4
    assert [(reject.line, reject.raw) for reject in table.report.rejects] == [
        (4, "4,5"),
        (5, "6,7,8,9"),
    ]
    assert all(reject.reason for reject in table.report.rejects)
    assert "rows_rejected" in [finding.code for finding in table.findings]


def test_careful_reading_reports_the_same_lines(read: Read) -> None:
    # Mixed line ends send the file to the careful tokenizer.
    table = read('a,b,c\r\n"x\ny",2,3\r\n4,5\n6,7,8,9\r\n7,8,9\r\n1,1,1\r\n2,2,2\r\n')
    assert [(reject.line, reject.raw) for reject in table.report.rejects] == [
        (4, "4,5"),
        (5, "6,7,8,9"),
    ]
    assert rows(table)[0] == ("x\ny", 2, 3)


def test_only_the_first_hundred_rejects_are_kept_but_all_are_counted(read: Read) -> None:
    table = read("a,b\n" + "1,2\n" * 300 + "3\n" * 150)
    assert (table.rows, table.report.reject_count, len(table.report.rejects)) == (300, 150, 100)
    assert table.report.rejects[0].line == 302


def test_a_table_that_mostly_does_not_fit_is_refused(read: Read) -> None:
    with pytest.raises(InvalidInput, match="line 3"):
        read("a,b\n1,2\n3\n4\n5\n", ReadOptions(delimiter=",", header=True))


def test_a_stray_quote_takes_no_neighbours_with_it(read: Read) -> None:
    lines = [f"{number},word {number}" for number in range(3000)]
    lines[1000] = '1000,"word'
    table = read("a,b\n" + "\n".join(lines) + "\n", ReadOptions(quote='"'))
    assert table.rows == 2999
    assert [reject.line for reject in table.report.rejects] == [1002]


def test_broken_bytes_reject_their_row_only(read: Read) -> None:
    text = "이름,값\n" + "홍길동,1\n" * 50
    table = read(text.encode() + b"\xff\xfe,2\n" + "김철수,3\n".encode())
    assert table.report.encoding == "utf-8"
    assert (table.rows, table.report.reject_count) == (51, 1)
    assert table.report.rejects[0].line == 52


def test_zero_bytes_reject_their_row_only(read: Read) -> None:
    table = read(b"a,b\n1,x\n2,y\x00\n" + b"3,z\n" * 100)
    assert (table.rows, table.report.reject_count) == (101, 1)


def test_names_stay_as_they_are_unless_they_collide(read: Read) -> None:
    table = read('a,a,,A,price ,"two\nlines",a_2\n1,2,3,4,5,6,7\n')
    assert names(table) == ["a", "a_3", "column_3", "A_4", "price", "two lines", "a_2"]
    assert [column.original for column in table.columns] == [
        "a", "a", "", "A", "price ", "two\nlines", "a_2",
    ]  # fmt: skip
    assert rows(table) == [(1, 2, 3, 4, 5, 6, 7)]


def test_a_file_without_header_gets_names(read: Read) -> None:
    table = read("1,x\n2,y\n")
    assert not table.report.header
    assert names(table) == ["column_1", "column_2"]
    assert table.rows == 2


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a,y\n0,x\n1,y\n0,y\n", ["a", "y"]),  # a name that is a value too
        ("d,y\n2024-01-01,x\n2024-01-02,y\n", ["d", "y"]),
        ("0,1,2\na,1,x\nb,2,y\n", ["0", "1", "2"]),  # names that a program made up
        (",,\nname,size,y\na,1,x\nb,2,y\n", ["name", "size", "y"]),  # an empty row above
        ("0,1,2\n3,4,5\n", ["column_1", "column_2", "column_3"]),
        (",\na,b\na,b\nb,a\n", ["column_1", "column_2"]),
    ],
)
def test_a_header_is_known_by_what_stands_below(
    read: Read, content: str, expected: list[str]
) -> None:
    assert names(read(content)) == expected


def test_years_are_a_header(read: Read) -> None:
    assert names(read("지역,2019,2020\n서울,10,20\n부산,30,40\n")) == ["지역", "2019", "2020"]


def test_options_override_what_would_be_found(read: Read) -> None:
    options = ReadOptions(delimiter=";", header=False, quote="", encoding="utf-8", decimal=",")
    table = read('"a,b";1,5\n"c,d";2,5\n', options)
    assert rows(table) == [('"a,b"', 1.5), ('"c,d"', 2.5)]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (ReadOptions(encoding="klingon"), "encoding"),
        (ReadOptions(encoding="hex"), "encoding"),
        (ReadOptions(delimiter="::"), "delimiter"),
        (ReadOptions(delimiter="\n"), "delimiter"),
        (ReadOptions(quote="''"), "quote"),
        (ReadOptions(delimiter="'", quote="'"), "delimiter"),
    ],
)
def test_options_that_cannot_be_used_are_refused(
    read: Read, options: ReadOptions, field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        read("a,b\n1,2\n", options)
    assert caught.value.field == field


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(
        StoreError, match=r"“lost\.csv” could not be read into a table: No such file"
    ):
        import_file(tmp_path / "lost.csv", tmp_path / "table")


def test_backslashes_stay_where_they_escape_nothing(read: Read) -> None:
    table = read('a,b\n"x \\", y",C:\\new\n"z, \\"w\\"",D:\\old\n')
    assert rows(table) == [('x ", y', "C:\\new"), ('z, "w"', "D:\\old")]


def test_numbers_may_be_names_of_columns(read: Read) -> None:
    assert names(read("answer,1,5,7\n3,1,0,1\n4,0,1,1\n5,1,1,1\n")) == ["answer", "1", "5", "7"]


def test_a_cell_of_five_megabytes_is_read(read: Read) -> None:
    table = read("a,b\n1," + "x" * 5_000_000 + "\n2,y\n")
    assert table.columns[1].profile.max_length == 5_000_000


def test_two_thousand_columns_are_read_and_profiled(read: Read) -> None:
    header = ",".join(f"c{place}" for place in range(2000))
    body = "\n".join(
        ",".join(str(row * place % 7 + place / 2) for place in range(2000)) for row in range(30)
    )
    table = read(f"{header}\n{body}\n")
    assert len(table.columns) == 2000
    assert all(column.profile.missing == 0 for column in table.columns)
    assert rows(table)[3][1999] == pytest.approx(3 * 1999 % 7 + 999.5)


def test_the_fingerprint_follows_content_and_decisions(read: Read) -> None:
    first = read("a;b\n1;2\n")
    assert first.fingerprint == read("a;b\n1;2\n").fingerprint
    assert first.fingerprint != read("a;b\n1;3\n").fingerprint
    assert first.fingerprint != read("a;b\n1;2\n", ReadOptions(delimiter=",")).fingerprint


def test_nothing_is_left_beside_the_table(read: Read, tmp_path: Path) -> None:
    read("a,b\n1,2\n".encode("utf-16"))
    assert [path.name for path in (tmp_path / "table").iterdir()] == ["table.parquet"]


def test_preview_pages_through_the_rows_in_order(read: Read) -> None:
    table = read("n,file_row_number\n" + "".join(f"{n},{-n}\n" for n in range(5000)))
    page = preview(table.table_path, 4990, 20, ["n"])
    assert page.columns == ("n",)
    assert page.rows == tuple((n,) for n in range(4990, 5000))
    with pytest.raises(InvalidInput, match="no column"):
        preview(table.table_path, 0, 10, ["x"])


def test_the_head_shows_decisions_before_anything_is_imported(tmp_path: Path) -> None:
    source = tmp_path / "head.csv"
    source.write_bytes("이름;값\n홍길동;1,5\n".encode("cp949"))
    head = sniff_head(source)
    assert (head.report.encoding, head.report.delimiter, head.report.decimal) == ("cp949", ";", ",")
    assert head.columns == ("이름", "값")
    assert head.rows == (("홍길동", "1,5"),)


def test_times_keep_their_fractions(read: Read) -> None:
    table = read("t\n2026-01-02 03:04:05.123456\n2026-01-02 23:59:59\n")
    assert rows(table)[0] == (dt.datetime(2026, 1, 2, 3, 4, 5, 123456),)


@pytest.mark.parametrize("quote", ["", '"'])
def test_every_rejected_row_is_kept_with_its_line(read: Read, tmp_path: Path, quote: str) -> None:
    """Quotes that do not pair send the file to the careful reader."""
    lines = ["a,b", f"x{quote},y"]
    lines += [f"x,{row}y" if row % 3 else f"{row},{row},bad" for row in range(1, 9000)]
    table = read("\n".join(lines) + "\n")
    assert table.report.reject_count == 2999
    assert len(table.report.rejects) == 100
    with (tmp_path / "table" / "rejects.csv").open(encoding="utf-8", newline="") as file:
        kept = list(csv.DictReader(file))
    assert [(one["line"], one["text"]) for one in kept] == [
        (str(row + 2), f"{row},{row},bad") for row in range(3, 9000, 3)
    ]
    assert "than the 2 columns" in kept[0]["reason"]


def test_a_file_without_faults_leaves_no_rejects(read: Read, tmp_path: Path) -> None:
    read(TABLE)
    assert sorted(one.name for one in (tmp_path / "table").iterdir()) == ["table.parquet"]


def test_columns_that_begin_late_are_typed_by_what_they_say(read: Read) -> None:
    lines = [f"{i},,N/A,{i}" for i in range(3000)] + ["3000,2024-02-29,x 1,", "3001,,y 2,"]
    table = read("n,day,note,k\n" + "\n".join(lines) + "\n")
    assert [column.type.value for column in table.columns] == ["integer", "date", "text", "integer"]
    assert table.columns[1].profile.missing == 3001
    assert preview(table.table_path, 3000, 1).rows == ((3000, dt.date(2024, 2, 29), "x 1", None),)


def test_a_file_that_changes_meanwhile_is_not_believed(tmp_path: Path) -> None:
    source = tmp_path / "grows.csv"
    source.write_text("a,b\n1,x\n2,y\n")

    def tell(step: str, _share: float) -> None:
        if step == "writing":
            source.write_text("a,b\n1,x\n2,y\n3,z\n")

    with pytest.raises(StoreError, match="changed while it was read"):
        import_file(source, tmp_path / "table", tell=tell)


def test_rows_keep_their_order_where_words_for_missing_and_slips_are_left_out(read: Read) -> None:
    cells = ["abc" if i == 300_001 else "N/A" if i % 7 == 0 else str(i) for i in range(400_000)]
    table = read("n,w\n" + "".join(f"{cell},w{i}\n" for i, cell in enumerate(cells)))
    expected = [f"w{i}" for i in range(400_000) if i != 300_001]
    found = preview(table.table_path, 0, 400_000, columns=["w"]).rows
    assert [word for (word,) in found] == expected
