"""Keyset pagination: pages that stay right while rows come and go, at any depth for the same cost.

A cursor is where the last page ended: the sort value and the id of its last row. Rows without a
value come last in either direction, and the id decides between equal values.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

import orjson
from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, or_

from mlops_core.errors import InvalidInput
from mlops_core.i18n import _


def ordering(
    key: ColumnElement[Any],
    row_id: ColumnElement[int],
    *,
    descending: bool,
    nullable: bool = True,
) -> tuple[ColumnElement[Any], ...]:
    """What to order by, so that ``after`` can go on from any row.

    A key that is never null (``nullable=False``) can be read in the order of its index.
    """
    order = (key.desc(), row_id.desc()) if descending else (key.asc(), row_id.asc())
    return (key.is_(None), *order) if nullable else order


def after(
    key: ColumnElement[Any], row_id: ColumnElement[int], cursor: str, *, descending: bool
) -> ColumnElement[bool]:
    """The rows that follow the one that ``cursor`` names.

    Raises:
        InvalidInput: this is not a cursor.
    """
    value, last = _decode(cursor)
    further = row_id < last if descending else row_id > last
    if value is None:
        return and_(key.is_(None), further)
    # The value was read from the database, so it goes back as it came, not as the column's type.
    here: BindParameter[Any] = bindparam(None, value)
    beyond = key < here if descending else key > here
    return or_(key.is_(None), beyond, and_(key == here, further))


def encode(value: Any, row_id: int) -> str:
    """The cursor of a row: its sort value and its id."""
    return base64.urlsafe_b64encode(orjson.dumps([value, row_id])).decode()


def _decode(cursor: str) -> tuple[Any, int]:
    try:
        value, row_id = orjson.loads(base64.urlsafe_b64decode(cursor))
    except (binascii.Error, ValueError, TypeError) as error:
        raise InvalidInput(
            _("This page of the list cannot be found."), _("Start from the first page.")
        ) from error
    if not isinstance(row_id, int) or not isinstance(value, str | int | float | None):
        raise InvalidInput(
            _("This page of the list cannot be found."), _("Start from the first page.")
        )
    return value, row_id
