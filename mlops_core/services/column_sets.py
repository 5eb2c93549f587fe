"""Columns of the run table, saved under a name for everybody."""

from __future__ import annotations

from collections.abc import Sequence

from mlops_core.errors import Conflict, InvalidInput, NotFound
from mlops_core.i18n import _
from mlops_core.services.names import clean_name
from mlops_core.store import column_sets as store
from mlops_core.store.workspace import Workspace

MOST = 100


def list_sets(ws: Workspace) -> dict[str, tuple[str, ...]]:
    """The columns of every set, by name."""
    with ws.read() as connection:
        return store.list_sets(connection)


def save(ws: Workspace, name: str, columns: Sequence[str]) -> str:
    """Keep ``columns`` under ``name``, which may exist; the name as it was kept.

    Raises:
        InvalidInput: the name cannot be used, or no column was chosen.
        Conflict: there are too many sets.
    """
    kept = clean_name(name)
    if not columns:
        raise InvalidInput(_("No column is chosen."), _("Choose one or several."), field="columns")
    with ws.begin() as connection:
        known = store.list_sets(connection)
        if kept not in known and len(known) >= MOST:
            raise Conflict(
                _("There are {n} sets of columns already.").format(n=MOST), _("Remove one first.")
            )
        store.save(connection, kept, columns, at=ws.now())
    return kept


def remove(ws: Workspace, name: str) -> None:
    """Forget a set.

    Raises:
        NotFound: there is none of this name.
    """
    with ws.begin() as connection:
        if not store.remove(connection, name):
            raise NotFound(_("There is no set of columns “{name}”.").format(name=name))
