"""Several files that came together: a name for each, then all at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st

from mlops_core import words
from mlops_core.errors import InvalidInput
from mlops_core.i18n import _, ngettext
from mlops_core.services import arrivals, datasets
from mlops_core.services.names import clean_name, clean_tags, name_from_file
from mlops_core.store.workspace import Workspace
from ui import file_look, links
from ui.app_state import imports
from ui.build import ROW_HEIGHT
from ui.errors import attempt, other_errors
from ui.read_options import as_read
from ui.upload import Upload, discard


def import_many(ws: Workspace, files: Sequence[Upload]) -> None:
    """The form for ``files``; the list of datasets then shows how far each is."""
    names = _names(ws, files)
    st.caption(
        _("Each becomes a dataset and is read as it says; to read one differently, add it alone.")
    )
    known = sorted({tag for item in datasets.list_datasets(ws) for tag in item.tags})
    tags = st.multiselect(
        _("Tags for all of them"),
        known,
        key="import_many_tags",
        accept_new_options=True,
        placeholder=_("Optional"),
    )
    label = ngettext("Import {n} file", "Import {n} files", len(files)).format(n=len(files))
    if not st.button(label, type="primary", icon=":material/check:"):
        return
    checked = attempt(lambda: (_checked(files, names), clean_tags(tags)))
    if checked.value is None:
        other_errors(checked.error)
        return
    for upload, name in zip(files, checked.value[0], strict=True):
        imports().start(
            upload.path,
            file_name=upload.name,
            name=name,
            tags=checked.value[1],
            after=partial(discard, upload),
        )
    links.go("data", view="all")


def _names(ws: Workspace, files: Sequence[Upload]) -> list[str]:
    """What each of the files is to be called, as a person may have changed it."""
    edited = st.data_editor(
        pd.DataFrame(
            {
                "name": _suggested(files),
                "file": [upload.name for upload in files],
                "read": [_as_read(ws, upload) for upload in files],
                "size": [words.size(upload.bytes) for upload in files],
            }
        ),
        # Another key for other files: an edit must not go to another file than it was made for.
        key="import_many_" + "".join(upload.id[:6] for upload in files),
        hide_index=True,
        row_height=ROW_HEIGHT,
        disabled=["file", "read", "size"],
        column_config={
            "name": st.column_config.TextColumn(_("Name"), required=True),
            "file": st.column_config.TextColumn(_("File")),
            "read": st.column_config.TextColumn(_("As it would be read")),
            "size": st.column_config.TextColumn(_("Size")),
        },
    )
    return [str(name or "") for name in edited["name"]]


def _suggested(files: Sequence[Upload]) -> list[str]:
    """The names of the files without their endings; a second one of a name gets a number."""
    seen: Counter[str] = Counter()
    found = []
    for upload in files:
        name = name_from_file(upload.name)
        seen[name] += 1
        found.append(f"{name} {seen[name]}" if seen[name] > 1 else name)
    return found


def _as_read(ws: Workspace, upload: Upload) -> str:
    """How it would be read where that is known at once; a workbook is opened when it is read."""
    if not arrivals.is_quick(upload.path):
        return _("Workbook") if arrivals.has_sheets(upload.path) else ""
    found = file_look.look(ws, upload.path)
    if found.value is None:
        return found.error.message if found.error else ""
    count = len(found.value.columns)
    columns = ngettext("{n} column", "{n} columns", count).format(n=words.integer(count))
    return ", ".join([columns, *as_read(found.value.report)])


def _checked(files: Sequence[Upload], names: Sequence[str]) -> list[str]:
    """Names that can be used, no two the same.

    Raises:
        InvalidInput: one cannot; the sentence begins with its file.
    """
    cleaned: list[str] = []
    for upload, name in zip(files, names, strict=True):
        found = attempt(partial(clean_name, name))
        if found.value is None:
            reason = found.error.message if found.error else ""
            raise InvalidInput(f"{upload.name}: {reason}", found.error.hint if found.error else "")
        if found.value in cleaned:
            raise InvalidInput(
                _("Two files are called “{name}”.").format(name=found.value),
                _("Give each a name of its own."),
            )
        cleaned.append(found.value)
    return cleaned
