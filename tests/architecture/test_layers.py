"""The layers: who may import what, lazily too, and what each process never loads."""

from __future__ import annotations

import json
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.architecture.source import ROOT, Module, dependencies, product, root_of

# From the bottom up. Modules of one layer may import each other, as long as no circle arises.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("mlops_core", "mlops_core.errors", "mlops_core.settings", "mlops_core.i18n"),
    ("mlops_core.domain",),
    (
        "mlops_core.store",
        "mlops_core.data",
        "mlops_core.features",
        "mlops_core.algorithms",
        "mlops_core.metrics",
        "mlops_core.runners",
    ),
    (
        "mlops_core.scheduling",
        "mlops_core.supervision",
        "mlops_core.training",
        "mlops_core.reading",
        "mlops_core.predicting",
        "mlops_core.analysis",
        "mlops_core.export",
    ),
    ("mlops_core.services",),
    ("mlops_core.words", "mlops_core.reports"),
    ("mlops_core.cli", "mlops_core.__main__", "ui"),
    ("pages", "app"),
)
# A library, and the only places that may import it.
HOMES: dict[str, tuple[str, ...]] = {
    "streamlit": ("app", "pages", "ui"),
    "st_aggrid": ("app", "pages", "ui"),
    "sqlalchemy": ("mlops_core.store",),
    "alembic": ("mlops_core.store",),
    "duckdb": ("mlops_core.data",),
    "subprocess": ("mlops_core.runners", "mlops_core.scheduling", "mlops_core.supervision"),
    "multiprocessing": (),
}
# A process, and what it never loads.
BUDGETS: dict[str, frozenset[str]] = {
    "mlops_core.scheduling.__main__": frozenset({"pandas", "numpy", "sklearn", "streamlit"}),
    "mlops_core.supervision.__main__": frozenset({"pandas", "numpy", "sklearn", "streamlit"}),
    "mlops_core.training.__main__": frozenset({"sqlalchemy", "streamlit"}),
    "mlops_core.predicting.work": frozenset({"sqlalchemy", "streamlit"}),
    "mlops_core.reading.work": frozenset({"pandas", "numpy", "sklearn", "sqlalchemy", "streamlit"}),
}


def is_in(name: str, place: str) -> bool:
    return name == place or name.startswith(f"{place}.")


def layer_of(name: str) -> int:
    """The layer of a module, by the longest place that it lies in."""
    places = [
        (len(place), rank)
        for rank, layer in enumerate(LAYERS)
        for place in layer
        if name == place or (place != "mlops_core" and is_in(name, place))
    ]
    assert places, f"{name} belongs to no layer: say in LAYERS where it stands"
    return max(places)[1]


def test_every_module_belongs_to_a_layer() -> None:
    assert {layer_of(module.name) for module in product()} <= set(range(len(LAYERS)))


def test_imports_point_down_only() -> None:
    wrong = [
        f"{name} imports {other}"
        for name, others in dependencies().items()
        for other in others
        if layer_of(other) > layer_of(name)
    ]
    assert not wrong


def test_the_domain_needs_nothing_but_pydantic_and_words() -> None:
    allowed = {*sys.stdlib_module_names, "pydantic"}
    wrong = [
        f"{module.name} imports {imported}"
        for module in product()
        if is_in(module.name, "mlops_core.domain")
        for imported in module.imports
        if not is_in(imported, "mlops_core.domain")
        and not is_in(imported, "mlops_core.i18n")
        and root_of(imported) not in allowed
    ]
    assert not wrong


@pytest.mark.parametrize("library", HOMES)
def test_a_library_stays_in_its_home(library: str) -> None:
    def is_guest(module: Module) -> bool:
        return not any(is_in(module.name, home) for home in HOMES[library])

    wrong = [
        str(module.path)
        for module in product()
        if is_guest(module) and library in {root_of(imported) for imported in module.imports}
    ]
    assert not wrong


def test_no_import_goes_in_a_circle() -> None:
    try:
        TopologicalSorter(dependencies()).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_no_two_packages_need_each_other() -> None:
    """A circle between packages is one even where no single module closes it."""
    packages: dict[str, set[str]] = {}
    places = [place for layer in LAYERS for place in layer if place != "mlops_core"]

    def package(name: str) -> str:
        return next((place for place in places if is_in(name, place)), name)

    for name, others in dependencies().items():
        packages.setdefault(package(name), set()).update(package(other) for other in others)
    for name, others in packages.items():
        others.discard(name)
    try:
        TopologicalSorter(packages).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


@pytest.mark.parametrize("process", BUDGETS)
def test_a_process_loads_no_more_than_it_may(process: str) -> None:
    found = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import json, sys, {process}; print(json.dumps(sorted(sys.modules)))",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert found.returncode == 0, found.stderr
    loaded = {root_of(name) for name in json.loads(found.stdout)}
    assert process.partition(".")[0] in loaded
    assert not loaded & BUDGETS[process]


def test_nothing_that_a_trainer_may_ever_import_opens_the_database() -> None:
    by_name = {module.name: module for module in product()}
    reached, waiting = set(), ["mlops_core.training.__main__"]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(dependencies()[name])
    wrong = [
        name
        for name in sorted(reached)
        if BUDGETS["mlops_core.training.__main__"]
        & {root_of(imported) for imported in by_name[name].imports}
    ]
    assert not wrong
