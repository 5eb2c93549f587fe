"""How the grids look: the page's colours, fonts and language inside their frames."""

from __future__ import annotations

_PAGE = "var(--background-color)"
_FAINT = "color-mix(in srgb, var(--text-color) 12%, transparent)"
_VEIL = "color-mix(in srgb, var(--text-color) 5%, var(--background-color))"
_ACCENT = "var(--primary-color)"

# The grid's own variables; Streamlit keeps the page's colours in the frame up to date.
_VARIABLES = {
    "--ag-background-color": _PAGE,
    "--ag-foreground-color": "var(--text-color)",
    "--ag-text-color": "var(--text-color)",
    "--ag-cell-text-color": "var(--text-color)",
    "--ag-header-text-color": "var(--text-color)",
    "--ag-header-background-color": _VEIL,
    "--ag-odd-row-background-color": _PAGE,
    "--ag-data-background-color": _PAGE,
    "--ag-chrome-background-color": _PAGE,
    "--ag-menu-background-color": _PAGE,
    "--ag-border-color": _FAINT,
    "--ag-row-border-color": _FAINT,
    "--ag-row-hover-color": _VEIL,
    "--ag-selected-row-background-color": f"color-mix(in srgb, {_ACCENT} 14%, {_PAGE})",
    "--ag-accent-color": _ACCENT,
    "--ag-checkbox-checked-background-color": _ACCENT,
    "--ag-checkbox-checked-border-color": _ACCENT,
    "--ag-checkbox-checked-shape-color": "#FFFFFF",
    "--ag-checkbox-indeterminate-shape-color": "var(--text-color)",
    "--ag-icon-color": "var(--text-color)",
    "--ag-font-family": "Inter, 'Noto Sans KR', sans-serif",
    "--ag-font-size": "13.5px",
    "--ag-wrapper-border-radius": "10px",
}
_STATUS_COLOURS = {
    "planned": "#64748B",
    "queued": "#8B5CF6",
    "running": "#3B82F6",
    "completed": "#10B981",
    "failed": "#EF4444",
    "cancelled": "#64748B",
}
# As in .streamlit/config.toml: the frame has no fonts but its own.
_HANGUL = "U+1100-11FF, U+3000-303F, U+3130-318F, U+AC00-D7A3"
_FACES = (
    ("Inter", "inter", "100 900", "U+0-10FFFF"),
    ("Noto Sans KR", "noto-sans-kr-400", "100 500", _HANGUL),
    ("Noto Sans KR", "noto-sans-kr-600", "501 900", _HANGUL),
)
_RULES: dict[str, dict[str, str]] = {
    "body": {"background": f"{_PAGE} !important"},
    ".ag-cell": {"font-variant-numeric": "tabular-nums"},
    ".app-link": {
        "color": f"color-mix(in srgb, {_ACCENT} 72%, var(--text-color))",
        "text-decoration": "none",
        "font-weight": "500",
    },
    ".app-link:hover": {"text-decoration": "underline"},
    ".app-status": {
        "padding": "2px 9px",
        "border-radius": "99px",
        "font-weight": "500",
        "font-size": "12.5px",
        "white-space": "nowrap",
    },
    ".app-dot": {
        "display": "inline-block",
        "width": "9px",
        "height": "9px",
        "border-radius": "50%",
        "margin-right": "8px",
    },
}

# The words of the grid's own menus.
KOREAN = {
    "noRowsToShow": "보여줄 행이 없습니다",
    "filterOoo": "거르기…",
    "equals": "같음",
    "notEqual": "같지 않음",
    "contains": "포함",
    "notContains": "포함하지 않음",
    "startsWith": "시작",
    "endsWith": "끝",
    "blank": "비어 있음",
    "notBlank": "비어 있지 않음",
    "lessThan": "작음",
    "greaterThan": "큼",
    "lessThanOrEqual": "작거나 같음",
    "greaterThanOrEqual": "크거나 같음",
    "inRange": "사이",
    "andCondition": "그리고",
    "orCondition": "또는",
}


def css() -> dict[str, dict[str, str]]:
    """Rules for the grid's frame that follow a theme which changes under it."""
    variables = {name: f"{value} !important" for name, value in _VARIABLES.items()}
    statuses = {
        f".app-{status}": {
            "color": f"color-mix(in srgb, {colour} 62%, var(--text-color))",
            "background": f"color-mix(in srgb, {colour} 14%, transparent)",
        }
        for status, colour in _STATUS_COLOURS.items()
    }
    # The rules come as a dictionary: blanks make the keys of several faces distinct.
    faces = {
        "@font-face" + " " * place: {
            "font-family": f"'{family}'",
            "src": f"url(/app/static/fonts/{file}.woff2) format('woff2')",
            "font-weight": weight,
            "unicode-range": letters,
        }
        for place, (family, file, weight, letters) in enumerate(_FACES)
    }
    return {**faces, ".ag-root-wrapper, [class*='ag-theme-']": variables, **_RULES, **statuses}
