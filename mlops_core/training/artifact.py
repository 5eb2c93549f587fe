"""Model files: written and read with skops, which runs no code of the file's choosing."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path
from typing import Any

from mlops_core.errors import InvalidInput, NotFound

MOST_UNPACKED_BYTES = 8 * 1024**3

# What skops does not trust by itself and our pipelines may hold. Nothing else is ever constructed;
# a partial's function is checked against the list like everything else.
TRUSTED_TYPES = frozenset(
    {
        "functools.partial",
        "numpy.dtype",
        "scipy.sparse._csc.csc_array",
        "scipy.sparse._csc.csc_matrix",
        "scipy.sparse._csr.csr_array",
        "scipy.sparse._csr.csr_matrix",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.metrics._dist_metrics.EuclideanDistance64",
        "sklearn.metrics._dist_metrics.ManhattanDistance64",
        "sklearn.model_selection._split.KFold",
        "sklearn.neighbors._ball_tree.BallTree",
        "sklearn.neighbors._kd_tree.KDTree",
        "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
        "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
        "sklearn.tree._tree.Tree",
        "sklearn.utils.validation.check_array",
        "xgboost.core.Booster",
        "xgboost.sklearn.XGBClassifier",
        "xgboost.sklearn.XGBRegressor",
        "mlops_core.algorithms.boosted.XGBoostClassifier",
        "mlops_core.algorithms.boosted.XGBoostRegressor",
        "mlops_core.features.transformers.Categories",
        "mlops_core.features.transformers.DateParts",
        "mlops_core.features.transformers.Numbers",
        "mlops_core.features.transformers.Texts",
    }
)


def save_model(pipeline: Any, path: Path) -> str:
    """Write a fitted pipeline; gives the file's SHA-256 (hex).

    The digest is the file's own: the format numbers its objects anew each time, so the same model
    written twice is two different files.
    """
    import skops.io

    skops.io.dump(pipeline, path, compression=zipfile.ZIP_DEFLATED, compresslevel=1)
    return file_digest(path)


def load_model(path: Path, most_bytes: int = MOST_UNPACKED_BYTES) -> Any:
    """Read a fitted pipeline.

    Raises:
        NotFound: there is no such file.
        InvalidInput: it is not a model file, unpacks to more than ``most_bytes``, or holds a type
            that is not on the list.
    """
    import skops.io

    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except FileNotFoundError:
        raise NotFound("The model file is not there.", "Train the run again.") from None
    except zipfile.BadZipFile:
        raise InvalidInput(
            "This is not a model file.", "Choose a file that a run has written."
        ) from None
    if unpacked > most_bytes:
        raise InvalidInput(
            f"The model file unpacks to {unpacked / 1e9:.1f} GB, more than is allowed.",
            "Use a smaller model.",
        )
    foreign = sorted(set(skops.io.get_untrusted_types(file=path)) - TRUSTED_TYPES)
    if foreign:
        raise InvalidInput(
            f"The model file holds a type that is not trusted: {foreign[0]}.",
            "Only open model files that this app has written.",
        )
    return skops.io.load(path, trusted=sorted(TRUSTED_TYPES))


def file_digest(path: Path) -> str:
    """SHA-256 (hex) of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
