"""Every document that a run leaves, by its key: the shell and the app ask here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mlops_core.errors import NotFound
from mlops_core.i18n import N_, _
from mlops_core.services import exports, runs
from mlops_core.store.workspace import Workspace


@dataclass(frozen=True)
class Document:
    """One kind of document; labels are marked for translation."""

    label: str
    note: str
    suffix: str
    media_type: str
    make: Callable[[Workspace, int], str]
    needs_result: bool = True


def _report(ws: Workspace, run_id: int) -> str:
    # Templates and charts are loaded by who wants a report, and by nobody else.
    from mlops_core.reports.report import report

    return report(ws, [run_id])


def _card(ws: Workspace, run_id: int) -> str:
    from mlops_core.reports.card import card

    return card(ws, run_id)


DOCUMENTS: dict[str, Document] = {
    "spec": Document(
        "spec.yaml",
        N_("asks for the same again"),
        ".spec.yaml",
        "application/yaml",
        runs.spec_yaml,
        needs_result=False,
    ),
    "script": Document(
        N_("Python script"),
        N_("trains it without this app"),
        ".py",
        "text/x-python",
        exports.script,
    ),
    "notebook": Document(
        N_("Notebook"),
        N_("the script in cells"),
        ".ipynb",
        "application/x-ipynb+json",
        exports.notebook,
    ),
    "report": Document(
        N_("Report"),
        N_("one HTML file to keep or send"),
        ".html",
        "text/html",
        _report,
        needs_result=False,
    ),
    "card": Document(
        N_("Model card"),
        N_("what it is for, how good it is, where it ends"),
        ".md",
        "text/markdown",
        _card,
    ),
}


def of_run(ws: Workspace, run_id: int, key: str) -> str:
    """One document of a run, in the language of the caller.

    Raises:
        NotFound: there is no such run or document.
        Conflict: the run did not complete, or its result is gone.
    """
    document = DOCUMENTS.get(key)
    if document is None:
        raise NotFound(_("Run {id} has no file {key!r}.").format(id=run_id, key=key))
    return document.make(ws, run_id)
