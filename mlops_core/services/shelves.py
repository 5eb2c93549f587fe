"""What saved feature sets, models and resource profiles have in common."""

from __future__ import annotations

from mlops_core.errors import NotFound
from mlops_core.i18n import _
from mlops_core.services.names import in_use
from mlops_core.store import configs as store
from mlops_core.store.configs import Shelf, T
from mlops_core.store.workspace import Workspace


def get(ws: Workspace, shelf: Shelf[T], config_id: int) -> T:
    """One saved version.

    Raises:
        NotFound: there is none with this id.
    """
    with ws.read() as connection:
        found = store.find(connection, shelf, config_id)
    if found is None:
        raise NotFound(_(shelf.absent).format(id=config_id), _("It may have been removed."))
    return found


def versions(ws: Workspace, shelf: Shelf[T], name: str) -> tuple[T, ...]:
    """Every version of a name, newest first; empty when there is none."""
    with ws.read() as connection:
        return store.listing(connection, shelf, latest_only=False, name=name)


def remove(ws: Workspace, shelf: Shelf[T], config_id: int) -> None:
    """Delete one version.

    Raises:
        NotFound: there is none with this id.
        Conflict: experiments use it; the message names them.
    """
    found = get(ws, shelf, config_id)
    with ws.begin() as connection:
        if users := store.users(connection, shelf, config_id):
            message = _("“{name}” version {version} cannot be removed.")
            raise in_use(message.format(name=found.name, version=found.version), users)
        store.remove(connection, shelf, config_id)
