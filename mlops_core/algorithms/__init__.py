"""What can be trained: one file a family, one ``Algorithm`` each, all of them in ``ALGORITHMS``.

Importing this imports no scikit-learn: the estimators are built inside ``Algorithm.build``.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType

from mlops_core.algorithms import (
    baseline,
    bayes,
    boosting,
    ensembles,
    linear,
    neighbors,
    neural,
    svm,
    trees,
)
from mlops_core.domain.params import Algorithm, ParamKind, ParamValue, ParamValues, Task
from mlops_core.errors import NotFound
from mlops_core.i18n import _

FAMILIES = (baseline, linear, neighbors, trees, ensembles, boosting, svm, bayes, neural)

ALGORITHMS: Mapping[str, Algorithm] = MappingProxyType(
    {algorithm.key: algorithm for family in FAMILIES for algorithm in family.ALGORITHMS}
)


def get_algorithm(key: str) -> Algorithm:
    """The algorithm of this key.

    Raises:
        NotFound: there is none; the hint names the nearest one, ``field`` is ``algorithm``.
    """
    try:
        return ALGORITHMS[key]
    except KeyError:
        message = _("There is no algorithm {key!r}.").format(key=key)
        raise NotFound(message, _suggestion(key), field="algorithm") from None


def algorithms_for(task: Task) -> tuple[Algorithm, ...]:
    """Every algorithm that can learn ``task``, in the catalogue's order."""
    return tuple(algorithm for algorithm in ALGORITHMS.values() if task in algorithm.tasks)


def settled_params(algorithm: Algorithm, values: ParamValues, task: Task) -> dict[str, ParamValue]:
    """Valid ``values``, completed with defaults and in the types that the parameters declare.

    A spec file may say ``200.0`` for a whole number or ``1`` for a fraction; estimators mind.
    """
    kinds = {param.name: param.kind for param in algorithm.params_for(task)}
    settled: dict[str, ParamValue] = {}
    for name, value in algorithm.complete(values, task).items():
        if value is not None and kinds[name] is ParamKind.INT:
            value = int(value)
        elif value is not None and kinds[name] is ParamKind.FLOAT:
            value = float(value)
        settled[name] = value
    return settled


def _suggestion(key: str) -> str:
    names = {alias: found.key for found in ALGORITHMS.values() for alias in found.aliases}
    names.update({found: found for found in ALGORITHMS})
    wanted = key.strip().lower().replace(" ", "_").replace("-", "_")
    if matches := get_close_matches(wanted, names, n=1, cutoff=0.6):
        return _("Did you mean {name}?").format(name=names[matches[0]])
    return _("Choose one of: {names}.").format(names=", ".join(ALGORITHMS))
