"""Everyday tables, in any language, dialect and encoding, are read back identical untold."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mlops_core.data.read import import_file, preview

Cell = int | float | bool | str | dt.date | dt.datetime | None


@dataclass(frozen=True)
class Language:
    """Names of columns and everyday words, with blanks between, and how they are written."""

    names: str
    words: str
    encodings: tuple[str, ...]
    truth: tuple[tuple[str, str], ...] = (("true", "false"), ("TRUE", "FALSE"), ("Yes", "No"))
    dates: tuple[str, ...] = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d")
    comma: bool = False  # 3,14


UNICODE = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be")
LANGUAGES = {
    "Korean": Language(
        "이름 나이 지역 금액 날짜 여부 비고 등급",
        "서울 부산 인천광역시 고객 해지 불만 홍길동 배송이 늦었어요 만족 경기도 여성 뷁",
        (*UNICODE, "cp949", "euc_kr"),
        (("예", "아니오"), ("O", "X"), ("true", "false")),
        ("%Y-%m-%d", "%Y. %m. %d.", "%Y년 %m월 %d일"),
    ),
    "Japanese": Language(
        "氏名 年齢 地域 金額 日付 備考 区分 単価",
        "東京 大阪 顧客 サービス ありがとう 普通 山田太郎 カード 表示 能力 ソフト",
        (*UNICODE, "cp932"),
    ),
    "Chinese": Language(
        "姓名 年龄 地区 金额 日期 备注 类别 单价",
        "北京 上海 广州 客户 投诉 非常满意 张伟 手机 数据 质量 不 价格",
        (*UNICODE, "gb18030", "gbk"),
    ),
    "Russian": Language(
        "имя возраст регион сумма дата примечание код тип",
        "Москва клиент жалоба очень хорошо Иванов телефон услуга качество цена",
        (*UNICODE, "cp1251"),
        comma=True,
    ),
    "French": Language(
        "nom âge région montant date note code qualité",
        "Été Montréal garçon élève très bien façade prix élevé naïve",
        (*UNICODE, "cp1252", "latin-1"),
        comma=True,
    ),
    "English": Language(
        "name age region amount date note code grade",
        "Seoul red blue customer complaint very good O'Brien left-over quality",
        (*UNICODE, "ascii"),
    ),
}
MARKS = " ,;|\t'\"\n-"


@dataclass(frozen=True)
class Dialect:
    delimiter: str
    newline: str
    always: bool
    backslash: bool
    comma: bool

    def quoted(self, text: str) -> str:
        special = (self.delimiter, '"', "\n", "\r")
        if not (self.always or text[:1] == "'" or any(mark in text for mark in special)):
            return text
        if self.backslash:
            return '"' + text.replace('"', '\\"') + '"'
        return '"' + text.replace('"', '""') + '"'


@dataclass(frozen=True)
class Written:
    """A column: its cells, the first of which tells its type, and how each is written."""

    cells: list[Cell]
    write: Callable[[Cell], str]


def _column(language: Language, comma: bool) -> st.SearchStrategy[Written]:
    word = st.sampled_from(language.words.split())
    phrase = st.lists(word, min_size=1, max_size=4).flatmap(
        lambda words: st.lists(
            st.sampled_from(MARKS), min_size=len(words) - 1, max_size=len(words) - 1
        ).map(lambda marks: "".join(w + m for w, m in zip(words, [*marks, ""], strict=True)))
    )

    def of(
        cells: st.SearchStrategy[Cell], write: Callable[[Cell], str] = str, *first: Cell
    ) -> st.SearchStrategy[Written]:
        several = st.lists(cells | st.none(), min_size=60, max_size=60)
        return several.map(lambda found: Written([*first, *found], write))

    def number(cell: Cell) -> str:
        return repr(cell).replace(".", ",") if comma else repr(cell)

    digits = st.integers(0, 99_999).map(lambda number: f"{number:05d}")
    hundredths = st.integers(-99_999, 99_999).map(lambda number: number / 100)
    days = st.dates(dt.date(1950, 1, 1), dt.date(2049, 12, 31))
    minutes = st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2030, 1, 1)).map(
        lambda at: at.replace(second=0, microsecond=0)
    )
    return st.one_of(
        of(word),
        of(phrase),
        of(st.integers(-(10**6), 10**6)),
        of(st.integers(10**16, 10**18)),
        of(hundredths, number, 0.5),
        of(digits, str, "01234"),
        of(st.from_regex(r"[A-D][0-9]{3}", fullmatch=True)),
        st.sampled_from(language.truth).flatmap(
            lambda words: of(st.booleans(), lambda cell: words[not cell], True, False)
        ),
        st.sampled_from(language.dates).flatmap(
            lambda form: of(days, lambda cell: cell.strftime(form), dt.date(2026, 1, 31))  # type: ignore[union-attr]
        ),
        of(minutes, lambda cell: f"{cell:%Y-%m-%d %H:%M}", dt.datetime(2026, 1, 31, 9, 30)),
    )


@st.composite
def files(draw: st.DrawFn) -> tuple[bytes, list[str], list[tuple[Cell, ...]]]:
    """The bytes of a file, the names of its columns and its rows."""
    language = LANGUAGES[draw(st.sampled_from(sorted(LANGUAGES)))]
    delimiter = draw(st.sampled_from([",", ";", "\t", "|"]))
    dialect = Dialect(
        delimiter,
        draw(st.sampled_from(["\n", "\r\n"])),
        draw(st.booleans()),
        draw(st.booleans()),
        language.comma and delimiter != "," and draw(st.booleans()),
    )
    count = draw(st.integers(3, 60))
    columns = draw(st.lists(_column(language, dialect.comma), min_size=1, max_size=6))
    columns.append(Written((language.words.split() * 6)[:count], str))
    columns = [Written(column.cells[:count], column.write) for column in columns]
    assume(all(any(cell is not None for cell in column.cells) for column in columns))
    names = language.names.split()[: len(columns)]
    rows = list(zip(*(column.cells for column in columns), strict=True))
    lines = [names] + [
        [
            "" if cell is None else column.write(cell)
            for cell, column in zip(row, columns, strict=True)
        ]
        for row in rows
    ]
    text = dialect.newline.join(delimiter.join(map(dialect.quoted, line)) for line in lines)
    text += draw(st.sampled_from(["", dialect.newline]))
    return text.encode(draw(st.sampled_from(language.encodings))), names, rows


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(files())
def test_an_everyday_file_is_read_back_identical(
    file: tuple[bytes, list[str], list[tuple[Cell, ...]]],
) -> None:
    content, names, rows = file
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "in.csv"
        source.write_bytes(content)
        table = import_file(source, Path(folder) / "out", checked=False)
        read = list(preview(table.table_path, 0, len(rows) + 1).rows)
    assert table.report.reject_count == 0
    assert [column.original for column in table.columns] == names
    assert read == rows
