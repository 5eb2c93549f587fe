"""An address that no page has: a sentence and a way out, in the reader's language.

Streamlit answers any address with its index. One level deep it then opens its main page under a
dialog of its own, in English; two levels deep it finds none of its files, and the page stays white.
"""

from __future__ import annotations

import html
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from mlops_core.i18n import LANGUAGES, _, current_language, use_language
from ui.index import APP_NAME
from ui.links import PAGES, href

# What Streamlit and the app serve beside pages; a link to a file asks for HTML as well.
_OTHERS = ("_stcore", "api", "app", "component", "media", "static", "vendor")
_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · {app}</title>
<link rel="icon" href="/app/static/icon.svg" type="image/svg+xml">
<style>
@font-face {{ font-family: Inter; font-weight: 100 900;
  src: url(/app/static/fonts/inter.woff2) format("woff2"); }}
@font-face {{ font-family: "Noto Sans KR"; font-weight: 100 900; unicode-range: U+1100-D7A3;
  src: url(/app/static/fonts/noto-sans-kr-400.woff2) format("woff2"); }}
:root {{ color-scheme: light dark; }}
body {{ margin: 20vh auto 0; max-width: 30rem; padding: 0 1.5rem; text-align: center;
  font: 15px/1.6 Inter, "Noto Sans KR", sans-serif;
  color: light-dark(#0F172A, #E6E9F0); background: light-dark(#FFFFFF, #0E1117); }}
img {{ width: 3rem; }}
h1 {{ font-size: 1.375rem; margin: 1.25rem 0 0.5rem; }}
p {{ margin: 0 0 1.5rem; opacity: 0.8; }}
a {{ display: inline-block; padding: 0.45rem 1rem; border-radius: 8px; text-decoration: none;
  color: #FFFFFF; background: light-dark(#4338CA, #4F46E5); }}
a:focus-visible {{ outline: 2px solid currentColor; outline-offset: 2px; }}
</style>
</head>
<body>
<img src="/app/static/icon.svg" alt="">
<h1>{title}</h1>
<p>{text}</p>
<a href="{home}">{action}</a>
</body>
</html>
"""


def _is_unknown(scope: Scope) -> bool:
    """A person went to an address of no page and of no file."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    first, _slash, rest = scope["path"].strip("/").partition("/")
    if not first or first in _OTHERS or "." in (rest or first).rpartition("/")[2]:
        return False
    known = first in PAGES and first != "home" and not rest
    return not known and "text/html" in Headers(scope=scope).get("accept", "")


def _language(scope: Scope) -> str:
    """The language of the address, else the one that the browser likes best."""
    asked = parse_qs(scope["query_string"].decode("latin-1")).get("lang", [""])[-1]
    liked = Headers(scope=scope).get("accept-language", "")[:2].lower()
    return next((code for code in (asked, liked) if code in LANGUAGES), "en")


class UnknownPages:
    """Answers for addresses of no page before Streamlit does."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _is_unknown(scope):
            await self.app(scope, receive, send)
            return
        before = current_language()
        use_language(_language(scope))
        texts = {
            "language": current_language(),
            "app": APP_NAME,
            "title": _("This page does not exist"),
            "text": _("The address may be mistyped, or from another version of the app."),
            "action": _("Go to Home"),
            "home": href("home"),
        }
        use_language(before)
        page = _PAGE.format(**{name: html.escape(text) for name, text in texts.items()})
        await HTMLResponse(page, status_code=404)(scope, receive, send)
