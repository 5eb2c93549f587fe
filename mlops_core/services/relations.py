"""How the columns of a dataset relate to its target: kept beside its table, never counted again."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from mlops_core.domain.records import Dataset
from mlops_core.domain.relations import Relations

RELATIONS_FILE = "relations.json"


def keep(folder: Path, relations: Relations | None) -> None:
    """Write them into a dataset's folder, in the place of those to another target."""
    path = folder / RELATIONS_FILE
    with suppress(OSError):  # on a full disk they are asked for on the page
        path.unlink(missing_ok=True)
        if relations is not None:
            beside = path.with_suffix(".part")
            beside.write_text(relations.model_dump_json(exclude_defaults=True), encoding="utf-8")
            beside.replace(path)


def relations(dataset: Dataset) -> Relations | None:
    """Those to the target that the dataset has now; ``None`` where they were never counted."""
    try:
        data = dataset.table_path.with_name(RELATIONS_FILE).read_bytes()
        found = Relations.model_validate_json(data)
    except (FileNotFoundError, ValidationError):
        return None
    fits = (found.target, found.task) == (dataset.target, dataset.task)
    return found if fits else None
