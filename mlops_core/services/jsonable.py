"""Anything that is known, as plain JSON."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any

from pydantic import BaseModel


def jsonable(value: Any) -> Any:
    """``value`` made of dicts, lists, text and numbers; what is no number (NaN, ∞) is ``None``.

    Records and configs become dicts by field, times ISO 8601, paths their text.

    Raises:
        TypeError: something inside has no JSON.
    """
    match value:
        case None | bool() | str() if not isinstance(value, Enum):
            return value
        case Enum():
            return jsonable(value.value)
        case int():
            return value
        case float():
            return value if math.isfinite(value) else None
        case BaseModel():
            return {name: jsonable(getattr(value, name)) for name in type(value).model_fields}
        case Mapping():
            return {str(jsonable(key)): jsonable(item) for key, item in value.items()}
        case list() | tuple():
            return [jsonable(item) for item in value]
        case set() | frozenset():
            return sorted(jsonable(item) for item in value)
        case datetime() | date():
            return value.isoformat()
        case Path():
            return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {field.name: jsonable(getattr(value, field.name)) for field in fields}
    raise TypeError(f"{type(value).__name__} has no JSON")
