"""Text that is a document and no table: named, with the way out."""

from __future__ import annotations

import re

from mlops_core.data.plain import refused
from mlops_core.i18n import N_, _

HEAD = 1 << 16
_CSV = N_("Open it in the program that made it and save the table as CSV (UTF-8).")
_DASHES = "(:-+:?|-+:|-{3,})"
_KINDS: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (
        re.compile(
            r"(<!doctype\s+html|<html[\s>]|<table[\s>])(?![^\n]*>[\t,;|]).*?<[/a-z]", re.S | re.I
        ),
        N_("a web page"),
        N_("Open it in a spreadsheet program and save the table as CSV (UTF-8)."),
    ),
    (re.compile(r"<\?xml[\s?]", re.I), N_("an XML document"), _CSV),
    (re.compile(r"\{\\rtf[0-9]"), N_("a rich text document"), _CSV),
    (
        # A line of dashes below a line with a bar; two dashes alone may be a word for missing.
        re.compile(rf"(?=[^\n]*\|)[^\n]*\n\s*\|?\s*{_DASHES}\s*([|+]\s*{_DASHES}\s*)*\|?\s*?(\n|$)"),
        N_("a Markdown table"),
        N_("Remove the line of dashes and the bars at the edges, or save the table as CSV."),
    ),
    (
        re.compile(r'\{\s*"[^"\n]*"\s*:|\[\s*([\[{]|$)'),
        N_("a JSON document"),
        N_("Save it as JSON lines: one object per line."),
    ),
)  # fmt: skip


def refuse_markup(text: str) -> None:
    """Refuse a text that begins as a document does.

    Raises:
        InvalidInput: it is a web page, XML, rich text, Markdown or JSON.
    """
    head = text[:HEAD].lstrip("\ufeff \t\r\n")
    for pattern, what, hint in _KINDS:
        if pattern.match(head):
            message = _("This is {what}, not a CSV file.").format(what=_(what))
            raise refused(message, _(hint))
