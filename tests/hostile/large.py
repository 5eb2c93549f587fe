"""Files that are long, wide or heavy."""

from __future__ import annotations

from tests.hostile.expected import Case, table

WIDE, HEAVY = 3000, 10 << 20


def _wide() -> bytes:
    lines = [",".join(f"c{place}" for place in range(WIDE))]
    lines += [",".join(str(row * place) for place in range(WIDE)) for row in range(4)]
    return "\n".join(lines).encode()


def _long_names() -> bytes:
    header = ",".join(f"{'n' * 10_000}{place}" for place in range(100))
    return f"{header}\n{','.join(map(str, range(100)))}\n{','.join(['7'] * 100)}\n".encode()


def _row(value: object) -> str:
    return "│".join([str(value)] * 100)


LONG = tuple("n" * 200 if not place else f"{'n' * 198}_{place + 1}" for place in range(9))
CASES = [
    Case("one cell", "7", table("column_1", "integer", "7", header=False, originals="")),
    Case("one cell and a line end", "7\n",
         table("column_1", "integer", "7", header=False, originals="")),
    Case("one column", "n\n1\n2\n", table("n", "integer", "1", "2")),
    Case("one column with a missing cell", 'n\n1\n""\n2\n', table("n", "integer", "1", "", "2")),
    Case("one row", "a,b,c\n1,x,2026-01-02\n",
         table("a│b│c", "integer text date", "1│x│2026-01-02")),
    Case("three thousand columns", _wide,
         table("│".join(f"c{place}" for place in range(WIDE)), " ".join(["integer"] * WIDE),
               *("│".join(str(row * place) for place in range(WIDE)) for row in range(4)))),
    Case("a cell of ten megabytes", lambda: b"a,b\n1," + b"x" * HEAVY + b"\n2,y\n",
         table("a│b", "integer text", "1│" + "x" * HEAVY, "2│y")),
    Case("a cell of ten megabytes in quotes", lambda: b'a,b\n1,"' + b'x,""\n' * 2_000_000 + b'"\n',
         table("a│b", "integer text", "1│" + 'x,"\n' * 2_000_000)),
    Case("names that fill the first megabyte", _long_names,
         table("│".join([*LONG, *(f"{'n' * 197}_{place + 1}" for place in range(9, 99)),
                         "n" * 196 + "_100"]),
               " ".join(["integer"] * 100), "│".join(map(str, range(100))), _row(7),
               originals="│".join(f"{'n' * 10_000}{place}" for place in range(100)))),
]  # fmt: skip
