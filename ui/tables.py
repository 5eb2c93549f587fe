"""Tables with sorting, filters and selection: streamlit-aggrid with its traps disarmed.

The grid runs code from any string that carries its marker, loses digits of large integers, shows
blank for categories and time spans, and changes the frame it is given. So rows are rebuilt here
from plain values without that marker, and only the ids of the selected rows come back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any, Literal

from mlops_core import words
from mlops_core.i18n import _, current_language
from ui import charts, grid_look, links
from ui.assets import script
from ui.layout import time_zone

MARKER = "::JSCODE::"
Kind = Literal[
    "text", "id", "number", "integer", "metric", "percent", "status", "when", "duration",
    "size", "megabytes", "tags", "link", "run",
]  # fmt: skip
_NUMERIC = {"number", "integer", "metric", "percent", "duration", "size", "megabytes", "when", "id"}
ROW_HEIGHT, HEADER_HEIGHT = 38, 40


@dataclass(frozen=True)
class Col:
    """One column. ``metric`` names the metric whose format a value has (kind ``metric``)."""

    field: str
    label: str
    kind: Kind = "text"
    width: int | None = None
    min_width: int | None = None
    flex: float | None = None
    pinned: bool = False
    hide: bool = False
    help: str = ""
    metric: str | None = None


def register() -> None:
    """Make the grid's files known to the server.

    The package does so when a page imports it first; imported at start-up, it has to be told.
    """
    from streamlit.runtime import get_instance

    module = import_module("st_aggrid.AgGrid")  # the package hides it behind a function's name
    get_instance().component_registry.register_component(module._component_func)


def clean(text: object) -> str:
    """Text that the grid cannot take for code."""
    result = str(text)
    while MARKER in result:
        result = result.replace(MARKER, "")
    return result


def _shown(column: Col, value: Any) -> str:
    """The words of a cell."""
    if value is None or value == "":
        return words.NOTHING if column.kind in _NUMERIC else ""
    match column.kind:
        case "number":
            return words.number(value)
        case "integer" | "id":
            return words.integer(value) if column.kind == "integer" else str(value)
        case "metric":
            return words.metric_value(column.metric, value)
        case "percent":
            return words.percent(value)
        case "status":
            return words.status_word(value)
        case "when":
            return words.ago(value)
        case "duration":
            return words.duration(value)
        case "size":
            return words.size(value)
        case "megabytes":
            return words.megabytes(value)
        case "tags":
            return ", ".join(value)
        case "link":
            return str(value[0])
        case "run":
            return _("Run {id}").format(id=value)
        case "text":
            return str(value)


def _sorted_by(column: Col, value: Any) -> float | str | None:
    """What the grid sorts and filters by: a number where there is one, else the words.

    A float may round what it stands for; what is read stands in ``_shown``, digit for digit.
    """
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.timestamp()
    if column.kind in _NUMERIC or column.kind == "run":
        return float(value)
    return clean(_shown(column, value))


def _own(address: str) -> str:
    """The address if it is one of the app's own pages, else nothing."""
    return address if address.startswith("/") and not address.startswith("//") else ""


def _row(row: Mapping[str, Any], columns: Sequence[Col], id_field: str) -> dict[str, Any]:
    cells: dict[str, Any] = {"_id": str(row[id_field])}
    for column in columns:
        value = row.get(column.field)
        # Neutral names: a field with a dot in it would be read as a path.
        cells[column.field] = _sorted_by(column, value)
        said = row.get(f"{column.field}__text")  # where the words of a cell hang on its row
        cells[f"{column.field}__text"] = clean(_shown(column, value) if said is None else said)
        if column.kind == "when" and value is not None:
            cells[f"{column.field}__tip"] = words.absolute(value, time_zone())
        if column.kind == "status" and value is not None:
            cells[f"{column.field}__key"] = str(value)
        if column.kind == "link" and value is not None:
            cells[f"{column.field}__href"] = _own(clean(value[1]))
        if column.kind == "run" and value is not None:
            cells[f"{column.field}__href"] = links.href("run", id=int(value))
            cells[f"{column.field}__colour"] = charts.run_colour(int(value))
    return cells


# The renderers build cells from text nodes: nothing that a person typed is read as HTML.
_TEXT = "function(params) { return (params.data || {})[params.colDef.field + '__text'] ?? ''; }"
_TIP = """function(params) {
  const d = params.data || {}, f = params.colDef.field;
  return d[f + '__tip'] || d[f + '__text'] || null; }"""
_COMPARE = """function(a, b, nodeA, nodeB, inverted) {
  if (a === b) return 0;
  if (a === null || a === undefined) return inverted ? -1 : 1;
  if (b === null || b === undefined) return inverted ? 1 : -1;
  return a < b ? -1 : 1; }"""
_IDS = """function({streamlitRerunEventTriggerName, eventData}) {
  const api = eventData && eventData.api;
  if (!api) return [];
  return api.getSelectedNodes().map((node) => node.id); }"""


def _definition(column: Col) -> dict[str, Any]:
    from st_aggrid import JsCode

    number = column.kind in _NUMERIC
    definition: dict[str, Any] = {
        "field": column.field,
        "headerName": clean(column.label),
        "headerTooltip": clean(column.help or column.label),
        "valueFormatter": JsCode(_TEXT).js_code,
        "tooltipValueGetter": JsCode(_TIP).js_code,
        "comparator": JsCode(_COMPARE).js_code,
        "sortable": True,
        "resizable": True,
        "filter": "agNumberColumnFilter" if number else "agTextColumnFilter",
        "hide": column.hide,
    }
    if number and column.kind != "when":
        definition["type"] = "rightAligned"
    if column.pinned:
        definition["pinned"] = "left"
    if column.kind in {"link", "run"}:
        definition["cellRenderer"] = JsCode(script("grid_link")).js_code
    if column.kind == "status":
        definition["cellRenderer"] = JsCode(script("grid_status")).js_code
    sizes = {"width": column.width, "minWidth": column.min_width, "flex": column.flex}
    if column.width is None and column.flex is None:
        sizes["flex"] = 1
        sizes["minWidth"] = column.min_width or 110
    return definition | {name: value for name, value in sizes.items() if value is not None}


def grid(
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[Col],
    *,
    key: str,
    selection: Literal["none", "single", "multi"] = "none",
    selected: Sequence[int] = (),
    id_field: str = "id",
    height: int | None = None,
    search: str = "",
) -> tuple[int, ...]:
    """Show ``rows``; the ids of those selected by now, in the grid's order.

    Args:
        rows: Plain values by field; ``id_field`` holds the row's whole-number id. A field with
            ``__text`` behind its name holds the words for a value that is sorted as a number.
        selected: Ids that are selected when the grid first appears.
        search: Rows are narrowed to those that contain it.
    """
    import pandas as pd
    from st_aggrid import AgGrid, JsCode

    table = [_row(row, columns, id_field) for row in rows]
    chosen = {str(id) for id in selected}
    options = _options(columns, selection, len(rows))
    options["quickFilterText"] = clean(search)
    options["initialState"] = {"rowSelection": sorted(chosen)}
    # As objects: the grid's own reader knows neither pandas' strings nor its other new types.
    frame = pd.DataFrame(table).astype(object)
    for column in columns:
        if column.kind in _NUMERIC or column.kind == "run":
            frame[column.field] = frame.get(column.field, pd.Series(dtype=float)).astype(float)
    response = AgGrid(
        frame,
        gridOptions=options,
        height=height or min(HEADER_HEIGHT + ROW_HEIGHT * max(len(rows), 2) + 6, 520),
        key=key,
        theme="streamlit",
        custom_css=grid_look.css(),
        allow_unsafe_jscode=True,
        update_on=["selectionChanged"] if selection != "none" else [],
        data_return_mode="CUSTOM",
        custom_jscode_for_grid_return=JsCode(_IDS),
        use_json_serialization=False,
        server_sync_strategy="server_wins",  # nothing is edited in the grid
        show_search=False,
        show_download_button=False,
    )
    return _picked(response, table, selected)


def _options(columns: Sequence[Col], selection: str, count: int) -> dict[str, Any]:
    from st_aggrid import JsCode

    options: dict[str, Any] = {
        "columnDefs": [_definition(column) for column in columns],
        "getRowId": JsCode("function(params) { return String(params.data._id); }").js_code,
        "rowHeight": ROW_HEIGHT,
        "headerHeight": HEADER_HEIGHT,
        "tooltipShowDelay": 400,
        "animateRows": False,
        "suppressFieldDotNotation": True,
        "enableCellTextSelection": True,
        "pagination": count > 500,
        "paginationPageSize": 200,
        "paginationPageSizeSelector": False,
        "localeText": grid_look.KOREAN if current_language() == "ko" else {},
    }
    if selection != "none":
        multi = selection == "multi"
        options["rowSelection"] = {
            "mode": "multiRow" if multi else "singleRow",
            "checkboxes": multi,
            "headerCheckbox": multi,
            "enableClickSelection": not multi,
        }
    return options


def _picked(
    response: Any, table: Sequence[Mapping[str, Any]], before: Sequence[int]
) -> tuple[int, ...]:
    """Selected ids; until the grid has answered for the first time, those asked for."""
    answer = getattr(response, "raw_data", None)
    if answer is None or not isinstance(answer, list):
        picked = [str(id) for id in before]
    else:
        picked = [str(id) for id in answer]
    known = {row["_id"] for row in table}
    return tuple(int(id) for id in picked if id in known)


def csv_text(value: object) -> str:
    """A cell of a CSV that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    formula = text[:1] in {"=", "+", "-", "@", "\t", "\r"} and not _number(text)
    return f"'{text}" if formula else text


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
