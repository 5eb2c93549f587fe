"""``predictions.parquet``: what was said about every judged row, by a model that had not seen it.

======================  =========  ================================================================
column                  type       meaning
======================  =========  ================================================================
row                     int64      position of the row in the dataset, from 0
fold                    int32      fold that judged it, from 1; 0 for hold-out rows
split                   string     ``holdout`` or ``validation``
actual                  string     name of the true class; float64 for regression
predicted               string     name of the predicted class; float64 for regression
probability:<class>     float64    one column a class, where the model gives probabilities
score:<class>           float64    one column a class, where it gives decision values only
======================  =========  ================================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mlops_core.features.assign import Positions
from mlops_core.metrics import Observed
from mlops_core.training.judge import joined
from mlops_core.training.table import Table


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """The rows of one fold, or of the hold-out (fold 0), and what was said about them."""

    fold: int
    positions: Positions
    seen: Observed


def write_predictions(path: Path, judgements: Sequence[Judgement], table: Table) -> None:
    """Write all judgements to ``path``, in their order."""
    seen = joined([part.seen for part in judgements])
    positions = np.concatenate([part.positions for part in judgements])
    folds = np.repeat(
        [part.fold for part in judgements], [len(part.positions) for part in judgements]
    ).astype(np.int32)
    columns: dict[str, Any] = {
        "row": table.rows[positions],
        "fold": folds,
        "split": pa.array(np.where(folds == 0, "holdout", "validation").tolist(), pa.string()),
    }
    if table.classes:
        names = pa.array(table.classes, pa.string())
        columns["actual"] = names.take(pa.array(seen.truth))
        columns["predicted"] = names.take(pa.array(seen.predicted))
    else:
        columns["actual"], columns["predicted"] = seen.truth, seen.predicted
    if seen.scores is not None:
        kind = "probability" if seen.probabilities else "score"
        for index, name in enumerate(table.classes):
            columns[f"{kind}:{name}"] = seen.scores[:, index]
    pq.write_table(pa.table(columns), path, compression="zstd")
