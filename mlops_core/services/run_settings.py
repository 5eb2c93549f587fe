"""What runs were asked for, value by value: to show beside them, and to sort them by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from mlops_core.algorithms import ALGORITHMS
from mlops_core.domain.params import ParamKind
from mlops_core.store import views
from mlops_core.store.workspace import Workspace

_NUMBERS = {ParamKind.INT, ParamKind.FLOAT}
_CONFIG = {  # path in a run's configuration: whether it holds numbers
    "evaluation.folds": True,
    "evaluation.holdout": True,
    "evaluation.seed": True,
    "evaluation.strategy": False,
    "features.numeric.impute": False,
    "features.numeric.scale": False,
    "features.categorical.encode": False,
    "resources.cpu_cores": True,
    "resources.memory_gb": True,
    "resources.gpus": True,
    "resources.time_limit_hours": True,
}


@dataclass(frozen=True)
class Setting:
    """One value of a run's configuration: where it stands, and whether it is a number."""

    path: tuple[str, ...]
    number: bool


@cache
def settings() -> dict[str, Setting]:
    """Every one that a run may have, by name: ``params.max_depth``, ``evaluation.folds``.

    A parameter that is a number for one algorithm and a word for another counts as a word.
    """
    kinds: dict[str, set[ParamKind]] = {}
    for algorithm in ALGORITHMS.values():
        for param in algorithm.params:
            kinds.setdefault(param.name, set()).add(param.kind)
    found = {
        f"params.{name}": Setting(("model", "params", name), number=used <= _NUMBERS)
        for name, used in sorted(kinds.items())
    }
    found |= {
        name: Setting(tuple(name.split(".")), number=number) for name, number in _CONFIG.items()
    }
    found["fit_seed"] = Setting(("model", "seed"), number=True)
    return found


def values(ws: Workspace, ids: Sequence[int], names: Iterable[str]) -> dict[tuple[int, str], Any]:
    """The values of some settings, by run and name; a run without one has none."""
    wanted = {name: settings()[name].path for name in names}
    if not wanted or not ids:
        return {}
    with ws.read() as connection:
        specs = views.specs(connection, ids)
    found = {}
    for run_id, spec in specs.items():
        for name, path in wanted.items():
            value: Any = spec
            for part in path:
                value = value.get(part) if isinstance(value, dict) else None
                if value is None:
                    break
            if value is not None:
                found[run_id, name] = value
    return found
