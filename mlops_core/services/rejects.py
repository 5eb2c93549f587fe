"""The rows of a file that its dataset leaves out."""

from __future__ import annotations

from itertools import islice

from mlops_core.data.read import REJECTS_FILE
from mlops_core.data.rejects import read_rejects
from mlops_core.domain.columns import Reject
from mlops_core.domain.records import Dataset

MAX_TOLD = 10_000


def rejects(dataset: Dataset, limit: int = MAX_TOLD) -> tuple[Reject, ...]:
    """The rows that were left out, in the order of the file; of older imports the first hundred.

    The first hundred are told in the reader's language.
    """
    path = dataset.table_path.with_name(REJECTS_FILE)
    if not path.is_file():
        return dataset.report.rejects
    said = {(one.line, one.column): one.said for one in dataset.report.rejects}
    return tuple(
        Reject(
            line=one.line,
            column=one.column or None,
            reason=one.reason,
            raw=one.text,
            said=said.get((one.line, one.column or None)),
        )
        for one in islice(read_rejects(path), limit)
    )
