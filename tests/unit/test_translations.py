"""The Korean catalogue is complete, says what the English says, and is asked when it may be."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from mlops_core import words
from mlops_core.domain.params import Param, ParamKind, Task
from mlops_core.i18n import LANGUAGES, LOCALE_DIR, _, ngettext, use_language
from mlops_core.words.configs import path_words

ROOT = Path(__file__).parents[2]
MAPPING = ROOT / "scripts" / "babel.cfg"
KEYWORDS = {**DEFAULT_KEYWORDS, "N_": None, "NN_": (1, 2)}
LOOK_UPS = {"_", "ngettext"}
OTHERS = sorted(set(LANGUAGES) - {"en"})


@pytest.fixture(autouse=True)
def _english_afterwards() -> Iterator[None]:
    yield
    use_language("en")


@cache
def sources() -> tuple[Path, ...]:
    folders = [
        path for place in ("mlops_core", "ui", "pages") for path in (ROOT / place).rglob("*.py")
    ]
    return (ROOT / "app.py", *sorted(folders))


@cache
def extracted() -> Catalog:
    """Every message of the sources, found the way ``make translations`` finds them."""
    with MAPPING.open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    catalog = Catalog()
    for found in extract_from_dir(ROOT, methods, options, KEYWORDS):
        catalog.add(found[2], locations=[(found[0], found[1])])
    return catalog


@cache
def catalogue(code: str) -> Catalog:
    with (LOCALE_DIR / code / "LC_MESSAGES" / "mlops.po").open("rb") as file:
        return read_po(file, locale=code)


def messages(catalog: Catalog) -> Iterator[Message]:
    """Everything but the header, whose id is empty."""
    return (message for message in catalog if message.id)


def texts(part: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    """The forms of a message or of its translation."""
    return (part or "",) if isinstance(part, str | None) else tuple(part)


def placeholders(text: str) -> set[tuple[str, str | None, str | None]]:
    """Name, format and conversion of every field that ``str.format`` would fill."""
    return {
        (name, layout, conversion)
        for _literal, name, layout, conversion in string.Formatter().parse(text)
        if name is not None
    }


def test_the_sources_are_searched_as_a_whole() -> None:
    found = {name for message in messages(extracted()) for name, _line in message.locations}
    assert {name.partition("/")[0] for name in found} >= {"mlops_core", "ui", "pages"}
    assert sum(1 for _message in messages(extracted())) > 1000


@pytest.mark.parametrize("code", OTHERS)
def test_every_message_is_translated(code: str) -> None:
    known = catalogue(code)
    missing = [
        f"{message.locations[0][0]}: {message.id}"
        for message in messages(extracted())
        if (found := known.get(message.id)) is None
        or len(texts(found.string)) != (known.num_plurals if message.pluralizable else 1)
        or not all(text.strip() for text in texts(found.string))
    ]
    assert not missing, "run `make translations`, then translate these"


@pytest.mark.parametrize("code", OTHERS)
def test_no_translation_is_a_guess_or_left_over(code: str) -> None:
    known = catalogue(code)
    wanted = {texts(message.id)[0] for message in messages(extracted())}
    assert [message.id for message in messages(known) if message.fuzzy] == []
    assert [message.id for message in messages(known) if texts(message.id)[0] not in wanted] == []
    assert list(known.obsolete) == []


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_fills_the_same_placeholders(code: str) -> None:
    wrong = {
        message.id: text
        for message in messages(catalogue(code))
        for text in texts(message.string)
        if placeholders(text) != placeholders(texts(message.id)[-1])
    }
    assert not wrong


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_keeps_the_blanks_at_its_ends(code: str) -> None:
    """Some messages are parts of a line; lists and hints are joined to them as they are."""

    def ends(text: str) -> tuple[bool, bool]:
        return text[:1].isspace(), text[-1:].isspace()

    wrong = [
        message.id
        for message in messages(catalogue(code))
        if any(ends(text) != ends(texts(message.id)[0]) for text in texts(message.string))
    ]
    assert not wrong


@pytest.mark.parametrize("code", OTHERS)
def test_the_header_says_how_the_catalogue_is_to_be_read(code: str) -> None:
    header = dict(catalogue(code).mime_headers)
    assert header["Content-Type"] == "text/plain; charset=utf-8"
    assert header["Plural-Forms"] == "nplurals=1; plural=0;"
    written = (LOCALE_DIR / code / "LC_MESSAGES" / "mlops.po").read_text(encoding="utf-8")
    assert "Creation-Date" not in written
    assert "Generated-By" not in written


def test_a_message_is_said_in_the_chosen_language() -> None:
    use_language("ko")
    assert _("Compare") == "비교"
    assert ngettext("{n} row", "{n} rows", 1).format(n=1) == "1행"
    assert ngettext("{n} row", "{n} rows", 7).format(n=7) == "7행"


@pytest.mark.parametrize("code", ["en", "xx", "", "../ko"])
def test_another_language_means_english(code: str) -> None:
    use_language("ko")
    use_language(code)
    assert _("Compare") == "Compare"
    assert ngettext("{n} row", "{n} rows", 1) == "{n} row"


@pytest.mark.parametrize("code", LANGUAGES)
def test_nothing_stays_nothing(code: str) -> None:
    use_language(code)
    assert _("") == ""


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_is_in_no_catalogue_is_said_as_it_is(code: str) -> None:
    use_language(code)
    assert _("a name that a person gave") == "a name that a person gave"


def test_a_refused_parameter_is_refused_in_the_language_of_the_reader() -> None:
    depth = Param(
        name="max_depth", label="Depth", kind=ParamKind.INT, default=3, help="", low=1, high=9
    )
    use_language("ko")
    problem = depth.problem(10)
    assert problem is not None
    assert problem.message == "깊이 값이 10입니다. 최댓값은 9입니다."
    assert Task.REGRESSION.word == "회귀"


def test_only_a_name_that_is_the_algorithms_own_is_translated() -> None:
    use_language("ko")
    assert words.model_name("Random forest", "random_forest") == "랜덤 포레스트"
    assert words.model_name("Random forest", "ridge") == "Random forest"
    assert words.model_name("Data", "random_forest") == "Data"


def test_a_changed_setting_is_named_in_the_language_of_the_reader() -> None:
    use_language("ko")
    assert path_words("evaluation.group_column") == "평가 · 그룹 열"
    assert path_words("model.params.max_depth") == "모델 · max depth"


def _calls(node: ast.AST, names: set[str]) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "id", None) in names


def _is_put_together(argument: ast.expr) -> bool:
    filled = isinstance(argument, ast.Call) and getattr(argument.func, "attr", None) == "format"
    return filled or isinstance(argument, ast.JoinedStr | ast.BinOp)


def test_no_message_is_put_together_before_it_is_looked_up() -> None:
    """An f-string, a sum or a filled form inside the call is in no catalogue."""
    wrong = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in sources()
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if _calls(call, {*LOOK_UPS, "N_", "NN_"}) and any(map(_is_put_together, call.args[:2]))
    ]
    assert not wrong


def test_no_look_up_hides_from_the_extraction() -> None:
    """Before Python 3.12 what stands between the braces of an f-string is not searched."""
    found = {texts(message.id)[0] for message in messages(extracted())}
    hidden = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in sources()
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if _calls(call, {*LOOK_UPS, "N_", "NN_"})
        and isinstance(call.args[0], ast.Constant)
        and call.args[0].value not in found
    ]
    assert not hidden


def at_import(node: ast.AST) -> Iterator[ast.Call]:
    """Look-ups that happen when the module is loaded: outside the body of every function."""
    for part in ast.iter_child_nodes(node):
        if _calls(part, LOOK_UPS):
            yield part
        match part:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                for early in (*part.decorator_list, part.args):
                    yield from at_import(ast.Tuple([early]))
            case ast.Lambda():
                yield from at_import(part.args)
            case _:
                yield from at_import(part)


@pytest.mark.parametrize("line", ["A = _('x')", "def f(a=_('x')): ...", "@d(_('x'))\ndef f(): ..."])
def test_a_look_up_at_import_would_be_seen(line: str) -> None:
    assert list(at_import(ast.parse(line)))
    assert not list(at_import(ast.parse("def f(a=N_('x')): return _('x')\nB = lambda: _('x')")))


def test_nothing_is_looked_up_before_the_language_is_known() -> None:
    """A look-up at import would freeze the first reader's language, or English, for everybody.

    Pages and the frame are left out: they are run anew for every reader.
    """
    rerun = {ROOT / "app.py", ROOT / "ui" / "main.py", *(ROOT / "pages").glob("*.py")}
    wrong = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in sources()
        if path not in rerun
        for call in at_import(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not wrong
