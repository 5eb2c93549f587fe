"""Delimiters, quotes, line ends, headers, lines above and below."""

from __future__ import annotations

from mlops_core.domain.columns import ReadOptions
from tests.hostile.expected import Case, Table, refused, table

PLAIN = "name{d}size{d}day\nkim{d}1{d}2026-01-02\nlee{d}22{d}2026-11-24\npark{d}333{d}2025-12-31\n"
PLAIN_ROWS = ("kim│1│2026-01-02", "lee│22│2026-11-24", "park│333│2025-12-31")


def plain(delimiter: str, **more: object) -> Table:
    return table("name│size│day", "text integer date", *PLAIN_ROWS, delimiter=delimiter, **more)


def ab(*rows: str, types: str = "integer text", **more: object) -> Table:
    return table("a│b", types, *rows, **more)


def _cut_by(mark: str, name: str) -> Case:
    return Case(f"cut by {name}", PLAIN.replace("{d}", mark), plain(mark))


DELIMITERS = [
    *map(_cut_by, (",", ";", "\t", "|", "^", "~", "\x1f", "\x01", "¦", "¬"),
         ("commas", "semicolons", "tabs", "bars", "carets", "tildes", "unit separators",
          "control-A", "broken bars", "not signs")),
    Case("cut by blanks", "x y z\n1 2 3\n4 5 6\n7 8 9\n",
         table("x│y│z", "integer integer integer", "1│2│3", "4│5│6", "7│8│9", delimiter=" ")),
    Case(
        "times without a header",
        "2024-01-01 10:00\n2024-01-02 11:00\n",
        table("column_1", "datetime", "2024-01-01 10:00:00", "2024-01-02 11:00:00", header=False,
              originals=""),
    ),
    Case(
        "Korean dates without a header",
        "2026. 1. 4.\n2026. 2. 5.\n",
        table("column_1", "date", "2026-01-04", "2026-02-05", header=False, originals=""),
    ),
    Case(
        "telephone numbers with blanks",
        "010 1234 5678\n010 2222 3333\n",
        table("column_1", "text", "010 1234 5678", "010 2222 3333", header=False, originals=""),
    ),
    Case(
        "thousands set apart by blanks",
        "full price\n1 234\n5 678\n",
        table("full price", "text", "1 234", "5 678"),
    ),
    Case(
        "dashes for what is missing",
        "a|b\n--|--\n1|x\n",
        table("a│b", "integer text", "│--", "1│x", delimiter="|"),
    ),
    Case("sep= in the first line", "sep=;\n" + PLAIN.replace("{d}", ";"), plain(";")),
    Case("sep=, above two columns", "sep=,\na,b\n1,x\n2,y\n", ab("1│x", "2│y")),
    Case("sep=| after a mark", "\ufeffsep=|\r\na|b\r\n1|x\r\n2|y\r\n",
         ab("1│x", "2│y", delimiter="|", encoding="utf-8-sig")),
    Case("quoted sep=", '"sep=^"\na^b\n1^x\n2^y\n', ab("1│x", "2│y", delimiter="^")),
    Case("commas in semicolons", "a;b\n1;Seoul, Korea\n2;Busan, Korea\n",
         ab("1│Seoul, Korea", "2│Busan, Korea", delimiter=";")),
    Case("decimal commas in tabs", "a\tb\n1,5\tx\n2,25\ty\n",
         ab("1.5│x", "2.25│y", types="number text", delimiter="\t")),
    Case("a delimiter too many", "a,b,\n1,x,\n2,y,\n",
         table("a│b│column_3", "integer text text", "1│x│", "2│y│", originals="a│b│")),
    Case("a delimiter too many below the header", "a,b\n1,x,\n2,y,\n",
         table("a│b│column_3", "integer text text", "1│x│", "2│y│", originals="a│b│")),
    Case("row names without a name", "size,day\nkim,1,2026-01-02\nlee,22,2026-11-24\n",
         table("column_1│size│day", "text integer date", *PLAIN_ROWS[:2], originals="│size│day")),
    Case("a column of sentences", "text\nhello, world\nfoo\nbar, baz, qux\nquux\n",
         table("text", "text", "hello, world", "foo", "bar, baz, qux", "quux", delimiter=";")),
    Case("a column of times", "time\n10:30\n11:45\n09:05\n",
         table("time", "text", "10:30", "11:45", "09:05")),
    Case("a column of words", "note\nvery good\nquite bad\nnot great\n",
         table("note", "text", "very good", "quite bad", "not great")),
    Case("a rare delimiter between cells with commas",
         "a^b^c\nx, y^1^p\nz^2^q, r\nw, v, u^3^s\n",
         table("a│b│c", "text integer text", "x, y│1│p", "z│2│q, r", "w, v, u│3│s",
               delimiter="^")),
    Case("a title above a rare delimiter", "Sales, 2024\n\na~b~c\n1~x~p\n2~y~q\n",
         table("a│b│c", "integer text text", "1│x│p", "2│y│q", delimiter="~")),
    Case("a column of mail addresses", "mail\na~b@x.org\nc~d@x.org\n",
         table("mail", "text", "a~b@x.org", "c~d@x.org")),
]  # fmt: skip

QUOTES = [
    Case("doubled quotes", 'a,b\n1,"say ""hi"", you"\n2,"x"\n', ab('1│say "hi", you', "2│x")),
    Case("backslash quotes", 'a,b\n1,"say \\"hi\\", you"\n2,"x"\n', ab('1│say "hi", you', "2│x")),
    Case("a backslash at the end", 'a,b\n1,"C:\\"\n2,"D:\\dir"\n', ab("1│C:\\", "2│D:\\dir")),
    Case("single quotes", "a,b\n1,'x, y'\n2,'z'\n3,'it''s'\n", ab("1│x, y", "2│z", "3│it's")),
    Case("apostrophes", "a,b\n1,O'Brien\n2,it's\n3,'90s\n", ab("1│O'Brien", "2│it's", "3│'90s")),
    Case("quotes in the middle", 'a,b\n1,5" pipe\n2,the "big" one\n',
         ab('1│5" pipe', '2│the "big" one')),
    Case("quotes only sometimes", 'a,b\n1,"x"\n2,y\n3,"z, w"\n', ab("1│x", "2│y", "3│z, w")),
    Case("a line end in quotes", 'a,b\n1,"x\ny"\n2,z\n', ab("1│x\ny", "2│z")),
    Case("CRLF in quotes", 'a,b\r\n1,"x\r\ny"\r\n2,z\r\n', ab("1│x\r\ny", "2│z")),
    Case("quoted numbers", '"a","b"\n"1","x"\n"2","y"\n', ab("1│x", "2│y")),
    Case("quoted empty cells", 'a,b\n1,""\n2,y\n', ab("1│", "2│y")),
    Case("an unclosed quote early", 'a,b\n1,"x\n2,y\n3,z\n', ab('1│"x', "2│y", "3│z")),
    Case("a blank before quotes", 'a,b\n1, "x, y"\n2, "z"\n', ab("1│x, y", "2│z")),
    Case("blanks around cells", "a,b\n 1 , x \n 2 , y \n", ab("1│ x ", "2│ y ")),
    Case("typographic quotes", "a,b\n1,“x”\n2,“y z”\n", ab("1│“x”", "2│“y z”")),
    Case("text after a quote", 'a,b\n1,"x"y\n' + "2,z\n" * 20 + '3,"q, w"\n',
         ab("2│z", count=21, rejects=((2, None),))),
]  # fmt: skip

LINES = [
    Case("CR alone", "a,b\r1,x\r2,y\r", ab("1│x", "2│y")),
    Case("mixed line ends", "a,b\r\n1,x\n2,y\r3,z\r\n", ab("1│x", "2│y", "3│z")),
    Case("no last line end", "a,b\n1,x\n2,y", ab("1│x", "2│y")),
    Case("no last line end, nothing in the last cell", "a,b\n1,x\n2,", ab("1│x", "2│")),
    Case("blank lines", "\n\na,b\n\n1,x\n\n\n2,y\n\n", ab("1│x", "2│y")),
    Case("lines of blanks", "a,b\n1,x\n   \n2,y\n", ab("1│x", "2│y", rejects=((3, None),))),
    Case("lines of delimiters", "a,b\n1,x\n,\n2,y\n,\n", ab("1│x", "│", "2│y", "│")),
    Case("form feeds and odd line ends in cells", "a,b\n1,x\x0cy\n2,z\u2028w\n3,\x85\n",
         ab("1│x\x0cy", "2│z\u2028w", "3│\x85")),
    Case("a DOS end of file", "a,b\n1,x\n2,y\n\x1a", ab("1│x", "2│y", rejects=((4, None),))),
    Case("few cells", "a,b\n1,x\n2\n3,z\n", ab("1│x", "3│z", rejects=((3, None),))),
    Case("many cells", "a,b\n1,x\n2,y,w\n3,z\n", ab("1│x", "3│z", rejects=((3, None),))),
    Case("the header again, with a mark", "a,b\n1,x\n\ufeffa,b\n2,y\na,b\n3,z\n",
         ab("1│x", "2│y", "3│z", rejects=((3, None), (5, None)))),
    Case("the header again, far down", lambda: b"a,b\n" + b"1,x\n" * 3000 + b"a,b\n2,y\n",
         ab("1│x", count=3001, rejects=((3002, None),))),
    Case("no header, a row twice", "kim,seoul\nlee,busan\nkim,seoul\nlee,seoul\n",
         table("column_1│column_2", "text text", "kim│seoul", "lee│busan", "kim│seoul",
               "lee│seoul", header=False, originals="│")),
    Case("few and many, far down", lambda: b"a,b\n" + b"1,x\n" * 3000 + b"2\n3,y,z\n4,w\n",
         ab("1│x", count=3001, rejects=((3002, None), (3003, None)))),
]  # fmt: skip

HEADERS = [
    Case("no header", "1,x\n2,y\n", table("column_1│column_2", "integer text", "1│x", "2│y",
         header=False, originals="│")),
    Case("no header, words", "kim,seoul\nlee,busan\nkim,busan\nlee,seoul\n",
         table("column_1│column_2", "text text", "kim│seoul", "lee│busan", "kim│busan",
               "lee│seoul", header=False, originals="│")),
    Case("a name of a row", "a,b\n1,x\n", ab("1│x")),
    Case("no header, addresses", "kim,kim@x.org\nlee,lee.b@y.org\npark,p@z.kr\n",
         table("column_1│column_2", "text text", "kim│kim@x.org", "lee│lee.b@y.org", "park│p@z.kr",
               header=False, originals="│")),
    Case("no header, codes", "B614,red\nA102,blue\nC377,green\nA001,white\n",
         table("column_1│column_2", "text text", "B614│red", "A102│blue", "C377│green",
               "A001│white", header=False, originals="│")),
    Case("a header above codes", "red,blue\nB614,red\nA102,blue\nC377,red\n",
         table("red│blue", "text text", "B614│red", "A102│blue", "C377│red")),
    Case("no header, truth values", "true,red\nfalse,blue\ntrue,white\n",
         table("column_1│column_2", "boolean text", "true│red", "false│blue", "true│white",
               header=False, originals="│")),
    Case("names that are years", "city,2024,2025\nseoul,1,2\nbusan,3,4\n",
         table("city│2024│2025", "text integer integer", "seoul│1│2", "busan│3│4")),
    Case("a title above", "Report 2026\n\n" + PLAIN.replace("{d}", ","), plain(",")),
    Case("three lines above", "Report\nMade by: kim\nUnit: won\n" + PLAIN.replace("{d}", ";"),
         plain(";")),
    Case("comment lines above", "# made by a program\n# 2026\na,b\n1,x\n2,y\n",
         ab("1│x", "2│y")),
    Case("a total below", "name,size,day\nkim,1,2026-01-02\nlee,22,2026-11-24\nTotal: 23\n",
         table("name│size│day", "text integer date", *PLAIN_ROWS[:2], rejects=((4, None),))),
    Case("the header said to be data", "a,b\n1,x\n2,y\n",
         table("column_1│column_2", "text text", "a│b", "1│x", "2│y", header=False,
               originals="│"), ReadOptions(header=False)),
    Case("hardly a comma", "a,b\n1\n2\n3\n4,x\n",
         table("a,b", "text", "1", "2", "3", "4,x", delimiter=";")),
    Case("names in two rows of words", "a,b\nx,y\n", table("a│b", "text text", "x│y")),
]  # fmt: skip

REFUSED = [
    Case("nothing", b"", refused("empty")),
    Case("blanks only", " \n  \n\t\n", refused("no rows")),
    Case("line ends only", "\n\r\n\n", refused("no rows")),
    Case("a mark only", b"\xef\xbb\xbf", refused("no rows")),
    Case("names only", "a,b,c\n", refused("no rows")),
    Case("sep= only", "sep=;\n", refused("no rows")),
]

CASES = [*DELIMITERS, *QUOTES, *LINES, *HEADERS, *REFUSED]
