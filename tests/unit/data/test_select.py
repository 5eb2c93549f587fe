"""Rows of a table by conditions and order: typed as the column is, over the whole file."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_core.data.read import ImportedTable, import_file
from mlops_core.data.select import where
from mlops_core.data.table import TablePage, select
from mlops_core.domain.columns import Column, ColumnRole, ColumnType
from mlops_core.domain.conditions import OPERATORS, Condition, Operator, Sort
from mlops_core.errors import InvalidInput

TABLE = """name,age,paid,joined,seen,left
Ant,31,1.5,2024-01-31,2024-01-31 13:05:10,예
bee,,2.5,2024-02-01,2024-01-31 13:05:40,아니오
Cat,7,,2024-03-05,2024-02-01 00:00:00,예
ant eater,31,-4,,2024-02-01 09:00:00,
100%_'";--,9007199254740993,10.25,2023-12-31,,아니오
"""


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> ImportedTable:
    folder = tmp_path_factory.mktemp("select")
    (folder / "in.csv").write_text(TABLE, encoding="utf-8")
    return import_file(folder / "in.csv", folder / "out")


def rows(table: ImportedTable, *conditions: Condition, sort: Sort | None = None) -> TablePage:
    return select(
        table.table_path, table.columns, columns=["name"], conditions=conditions, sort=sort
    )


def found(table: ImportedTable, column: str, operator: str, *values: str) -> list[int]:
    """Which rows one condition finds, counted from 1."""
    condition = Condition(column=column, operator=Operator(operator), values=values)
    return list(rows(table, condition).numbers)


@pytest.mark.parametrize(
    ("column", "operator", "values", "numbers"),
    [
        ("name", "is", ["Ant"], [1]),
        ("name", "is_not", ["Ant"], [2, 3, 4, 5]),
        ("name", "contains", ["AN"], [1, 4]),
        ("name", "begins", ["ant "], [4]),
        ("name", "contains", ["%_'\";--"], [5]),
        ("name", "contains", ["%"], [5]),
        ("age", "is", ["31"], [1, 4]),
        ("age", "is", ["9 007 199 254 740 993"], [5]),
        ("age", "is", ["9007199254740992"], []),
        ("age", "is", ["1e30"], []),
        ("age", "is_not", ["31"], [2, 3, 5]),
        ("age", "missing", [], [2]),
        ("age", "present", [], [1, 3, 4, 5]),
        ("age", "lt", ["30.5"], [3]),
        ("age", "le", ["31"], [1, 3, 4]),
        ("age", "gt", ["31"], [5]),
        ("age", "ge", ["31"], [1, 4, 5]),
        ("age", "between", ["7", "31"], [1, 3, 4]),
        ("paid", "lt", ["−1"], [4]),
        ("joined", "is", ["2024. 1. 31."], [1]),
        ("joined", "ge", ["2024/02/01"], [2, 3]),
        ("joined", "between", ["2023-12-31", "2024-01-31"], [1, 5]),
        ("joined", "missing", [], [4]),
        ("seen", "is", ["2024-01-31"], [1, 2]),
        ("seen", "is", ["2024-01-31 13:05"], [1, 2]),
        ("seen", "is", ["2024-01-31T13:05:40"], [2]),
        ("seen", "is_not", ["2024-01-31"], [3, 4, 5]),
        ("seen", "le", ["2024-01-31"], [1, 2]),
        ("seen", "gt", ["2024-01-31"], [3, 4]),
        ("seen", "between", ["2024-01-31", "2024-02-01"], [1, 2, 3, 4]),
        ("left", "is", ["예"], [1, 3]),
        ("left", "is_not", ["예"], [2, 4, 5]),
        ("left", "missing", [], [4]),
    ],
)
def test_a_condition_finds_its_rows(
    table: ImportedTable, column: str, operator: str, values: list[str], numbers: list[int]
) -> None:
    assert found(table, column, operator, *values) == numbers


@pytest.mark.parametrize(
    ("column", "operator", "values", "field", "said"),
    [
        ("nobody", "is", ["1"], "column", "no column “nobody”"),
        ("age", "contains", ["1"], "operator", "cannot be compared"),
        ("age", "is", ["abc"], "value", "“abc” is not a number"),
        ("age", "is", ["1_000"], "value", "not a number"),
        ("age", "is", ["nan"], "value", "not a number"),
        ("age", "is", ["1e999999"], "value", "not a number"),
        ("age", "is", [" "], "value", "nothing to compare"),
        ("age", "between", ["1"], "upper", "nothing to compare"),
        ("age", "between", ["1", "x"], "upper", "“x” is not a number"),
        ("age", "between", ["2", "1"], "upper", "smaller than the first"),
        ("joined", "is", ["2024-02-30"], "value", "not a date"),
        ("joined", "is", ["2024-01-31 13:05"], "value", "not a date"),
        ("seen", "is", ["noon"], "value", "not a date or time"),
        ("seen", "lt", ["9999-12-31"], "value", "not a date or time"),
        ("left", "is", ["maybe"], "value", "“예” and “아니오”"),
    ],
)
def test_what_does_not_fit_the_column_is_said_beside_its_field(
    table: ImportedTable, column: str, operator: str, values: list[str], field: str, said: str
) -> None:
    with pytest.raises(InvalidInput, match=said) as caught:
        found(table, column, operator, *values)
    assert caught.value.field == field


def test_conditions_are_joined_by_and_and_the_total_counts_what_matches(
    table: ImportedTable,
) -> None:
    both = [
        Condition(column="age", operator=Operator.IS, values=("31",)),
        Condition(column="name", operator=Operator.CONTAINS, values=("eat",)),
    ]
    assert rows(table, *both).numbers == (4,)
    page = select(table.table_path, table.columns, limit=1, conditions=both[:1])
    assert (page.total, page.numbers, page.rows[0][0]) == (2, (1,), "Ant")


def test_what_has_no_value_comes_last_and_equals_keep_the_order_of_the_file(
    table: ImportedTable,
) -> None:
    def by(column: str, descending: bool = False) -> tuple[int, ...]:
        return rows(table, sort=Sort(column=column, descending=descending)).numbers

    assert by("age") == (3, 1, 4, 5, 2)
    assert by("age", descending=True) == (5, 1, 4, 3, 2)
    assert by("name") == (5, 1, 4, 2, 3)  # capital letters do not matter
    assert by("joined", descending=True) == (3, 2, 1, 5, 4)
    with pytest.raises(InvalidInput, match="no column"):
        by("nobody")


def test_a_comma_is_a_decimal_sign_where_the_file_says_so() -> None:
    column = Column(name="x", original="x", type=ColumnType.NUMBER, role=ColumnRole.NUMERIC)
    condition = Condition(column="x", operator=Operator.LESS, values=("1,5",))
    assert where([column], [condition], ",")[1] == [1.5]
    with pytest.raises(InvalidInput):
        where([column], [condition], ".")


def test_nan_and_infinity_count_as_missing(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT unnest([1.5, 'nan'::DOUBLE, 'inf'::DOUBLE, NULL]) AS x) TO '{path}'"
        )
    column = Column(name="x", original="x", type=ColumnType.NUMBER, role=ColumnRole.NUMERIC)

    def numbers(operator: Operator, *values: str) -> tuple[int, ...]:
        condition = Condition(column="x", operator=operator, values=values)
        return select(path, [column], conditions=[condition]).numbers

    assert numbers(Operator.MISSING) == (2, 3, 4)
    assert numbers(Operator.MORE, "1") == (1,)
    descending = Sort(column="x", descending=True)
    assert select(path, [column], sort=descending).numbers == (1, 2, 3, 4)


def test_a_column_may_have_the_name_that_the_engine_gives_to_rows(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("File_Row_Number,row_0\n" + "".join(f"{-n},{n}\n" for n in range(50)))
    table = import_file(source, tmp_path / "out")
    page = select(
        table.table_path,
        table.columns,
        offset=2,
        limit=2,
        conditions=[Condition(column="row_0", operator=Operator.AT_LEAST, values=("10",))],
        sort=Sort(column="File_Row_Number"),
    )
    assert (page.total, page.numbers, page.rows) == (40, (48, 47), ((-47, 47), (-46, 46)))


def test_the_far_end_of_a_large_table_is_reached_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT i AS n, hash(i)::DOUBLE AS x, 'name ' || hash(i) AS name"  # noqa: S608
            f" FROM range(3_000_000) t(i)) TO '{path}' (FORMAT parquet)"
        )
    columns = [
        Column(name=name, original=name, type=kind, role=ColumnRole.NUMERIC)
        for name, kind in (("n", ColumnType.INTEGER), ("x", ColumnType.NUMBER))
    ]
    columns.append(columns[0].model_copy(update={"name": "name", "type": ColumnType.TEXT}))
    spill = tmp_path / "spill"
    deep = {"offset": 2_900_000, "limit": 20, "spill": spill}
    for name in ("x", "name"):
        page = select(path, columns, **deep, sort=Sort(column=name))
        cells = [
            row[columns.index(next(c for c in columns if c.name == name))] for row in page.rows
        ]
        assert cells == sorted(cells) and len(set(page.numbers)) == 20
    many = Condition(column="n", operator=Operator.MORE, values=("5",))
    assert select(path, columns, **deep, conditions=[many]).numbers[0] == 2_900_007
    assert select(path, columns, **deep).rows[0][0] == 2_900_000
    assert not spill.exists()


OPERAND = st.text(max_size=12) | st.sampled_from(
    ["1", "-2.5", "2024-01-31", "예", "true", "9" * 400]
)


@given(
    kind=st.sampled_from(list(ColumnType)),
    operator=st.sampled_from(list(Operator)),
    values=st.lists(OPERAND, max_size=3),
    name=st.text(min_size=1, max_size=8).filter(lambda text: "\x00" not in text),
)
def test_whatever_is_typed_gives_rows_or_a_sentence(
    kind: ColumnType, operator: Operator, values: list[str], name: str
) -> None:
    """No text is ever SQL: it is refused, or bound and compared."""
    column = Column(name=name, original=name, type=kind, role=ColumnRole.NUMERIC)
    condition = Condition(column=name, operator=operator, values=tuple(values))
    try:
        sql, bound = where([column], [condition])
    except InvalidInput as error:
        assert error.message and error.field in ("operator", "value", "upper")
        return
    assert operator in OPERATORS[kind]
    sql_type = {
        ColumnType.INTEGER: "BIGINT", ColumnType.NUMBER: "DOUBLE", ColumnType.TEXT: "VARCHAR"
    }.get(kind, "TIMESTAMP" if kind is ColumnType.DATETIME else kind.value)  # fmt: skip
    quoted = '"' + name.replace('"', '""') + '"'
    with duckdb.connect() as connection:
        connection.execute(
            f"SELECT 1 FROM (SELECT NULL::{sql_type} AS {quoted}) WHERE {sql}",  # noqa: S608
            bound,
        )


def test_dates_are_bound_as_dates() -> None:
    day = Column(name="d", original="d", type=ColumnType.DATE, role=ColumnRole.DATE)
    condition = Condition(column="d", operator=Operator.IS, values=("2024-01-31",))
    assert where([day], [condition])[1] == [date(2024, 1, 31)]
    time = day.model_copy(update={"type": ColumnType.DATETIME})
    assert where([time], [condition])[1] == [datetime(2024, 1, 31), datetime(2024, 2, 1)]
