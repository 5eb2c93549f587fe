"""Names of columns, and cells that want to be more than text."""

from __future__ import annotations

from tests.hostile.expected import Case, table

CYRILLIC_A = "\u0430"
HUGE = "x" * 10_000


def _named(case: str, written: str, names: str, originals: str | None = None) -> Case:
    """Columns of whole numbers; ``written`` is the first line."""
    count = len(names.split("│"))
    text = f"{written}\n{','.join('1' * count)}\n{','.join('2' * count)}\n"
    rows = ("│".join("1" * count), "│".join("2" * count))
    expected = table(
        names, " ".join(["integer"] * count), *rows,
        originals=names if originals is None else originals,
    )  # fmt: skip
    return Case(case, text, expected)


NAMES = [
    _named("the same name", "a,a,a", "a│a_2│a_3", "a│a│a"),
    _named("the same name but for case", "Age,age,AGE", "Age│age_2│AGE_3", "Age│age│AGE"),
    _named("a number that is taken", "a,a_2,a", "a│a_2│a_3", "a│a_2│a"),
    _named("no name", "a,,c", "a│column_2│c", "a││c"),
    _named("no name, and its number taken", "column_2,,c", "column_2│column_2_2│c", "column_2││c"),
    _named("blanks around names", " a , b,c ", "a│b│c", " a │ b│c "),
    _named("blanks in names", "a  b,a\tb,c\u00a0d", "a b│a b_2│c d", "a  b│a\tb│c\u00a0d"),
    _named("a line end in a name", '"two\nlines",b', "two lines│b", "two\nlines│b"),
    _named("zero width", "a\u200bb,ab,\u2060c", "ab_2│ab│c", "a\u200bb│ab│\u2060c"),
    _named("nothing but zero width", "\u200b,b", "column_1│b", "\u200b│b"),
    _named("a mark inside", "a,b,\ufeffc", "a│b│c", "a│b│\ufeffc"),
    _named("turned direction", "\u202egpj.a\u202c,b", "gpj.a│b", "\u202egpj.a\u202c│b"),
    _named("composed and not", "é,e\u0301", "é│é_2", "é│e\u0301"),
    _named("Hangul in parts", "가,\u1100\u1161,나", "가│가_2│나", "가│\u1100\u1161│나"),
    _named("look-alike letters", f"data,d{CYRILLIC_A}t{CYRILLIC_A}",
           f"data│d{CYRILLIC_A}t{CYRILLIC_A}_2", f"data│d{CYRILLIC_A}t{CYRILLIC_A}"),
    _named("full width letters", "ａｇｅ,age", "ａｇｅ_2│age", "ａｇｅ│age"),
    _named("a huge name", f"{HUGE},{HUGE}y", f"{'x' * 200}│{'x' * 198}_2", f"{HUGE}│{HUGE}y"),
    _named("emoji", "🎉,👨‍👩‍👧,가", "🎉│👨‍👩‍👧│가"),
    _named("right to left", "שלום,مرحبا", "שלום│مرحبا"),
    _named("SQL", '"x""); DROP TABLE t; --",b\';c', 'x"); DROP TABLE t; --│b\';c'),
    _named("names of the engine", "file_row_number,filename,rowid,c0,place,t,v,row,found",
           "file_row_number│filename│rowid│c0│place│t│v│row│found"),
    _named("words of the engine", "select,from,order,NULL ,true_", "select│from│order│NULL│true_",
           "select│from│order│NULL │true_"),
    _named("script", "<script>alert(1)</script>,<b>x</b>",
           "<script>alert(1)</script>│<b>x</b>"),
    _named("code for a grid", "::JSCODE::alert(1)::JSCODE::,b",
           "::JSCODE::alert(1)::JSCODE::│b"),
    _named("formulas as names", "=cmd|' /C calc'!A0,@b,+c,-d", "=cmd|' /C calc'!A0│@b│+c│-d"),
    _named("braces and percent", "{a},%s,${b},{{c}}", "{a}│%s│${b}│{{c}}"),
    _named("quotes as names", '"""a""",b', '"a"│b'),
    _named("Markdown as names", "**a**,[b](http://x),`c`", "**a**│[b](http://x)│`c`"),
    _named("dots and slashes", "../a,/etc/passwd,b.c", "../a│/etc/passwd│b.c"),
]  # fmt: skip


def _kept(case: str, *cells: str) -> Case:
    """Cells that come out as they are."""
    lines = ('"{}",{}\n'.format(cell.replace('"', '""'), row) for row, cell in enumerate(cells))
    rows = (f"{cell}│{row}" for row, cell in enumerate(cells))
    return Case(case, "v,n\n" + "".join(lines), table("v│n", "text integer", *rows))


CELLS = [
    _kept("formulas", "=cmd|' /C calc'!A0", "@SUM(1+1)", "+1+1", "-2+3", '=HYPERLINK("x")'),
    _kept("scripts", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "&lt;b&gt;"),
    _kept("code for a grid in cells", "::JSCODE::alert(1)::JSCODE::", "x"),
    _kept("SQL in cells", "'; DROP TABLE t; --", '"x"', "a''b", "NULL;"),
    _kept("emoji in cells", "🎉", "👨‍👩‍👧", "🇰🇷", "a\ufe0f"),
    _kept("marks that cannot be seen", "a\u200bb", "\u202eabc", "\ufeffx", "a\u00adb"),
    _kept("composed and not in cells", "é", "e\u0301", "가", "\u1100\u1161"),
    _kept("right to left in cells", "שלום", "مرحبا بالعالم"),
    _kept("control characters", "a\x1bb", "\x07", "a\x7fb", "tab\there"),
    _kept("blanks of all kinds", " a", "a ", "\u3000a", "a\u00a0", "\u2003a"),
    _kept("surrogates of another plane", "𠮷野家", "𝒳", "\U0010fffd"),
    _kept("the replacement character", "a\ufffdb", "c"),
    _kept("delimiters in cells", "a,b", "a;b", "a\tb", "a|b", 'a"b', "a'b"),
    _kept("line ends in cells", "a\nb", "a\r\nb", "\n", "a\n\nb"),
    _kept("backslashes", "C:\\new", "\\", "\\n", "a\\\\b"),
    _kept("braces in cells", "{t}", "{}", "%s", "{{x}}"),
]

CASES = [*NAMES, *CELLS]
