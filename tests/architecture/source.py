"""The product's own source as syntax trees: modules, what they import, their functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Module:
    """One Python file. ``name`` is dotted (``mlops_core.store``), ``path`` relative to the root."""

    name: str
    path: Path

    @cached_property
    def text(self) -> str:
        return (ROOT / self.path).read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, str(self.path))

    @property
    def package(self) -> str:
        """The package that relative imports start from."""
        is_package = self.path.name == "__init__.py"
        return self.name if is_package else self.name.rpartition(".")[0]

    @cached_property
    def imports(self) -> frozenset[str]:
        """Every dotted name that is imported anywhere in the file, lazy imports too."""
        return frozenset(self._imports())

    def _imports(self) -> Iterator[str]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = node.module or ""
                if node.level:
                    parents = self.package.split(".")[: None if node.level == 1 else 1 - node.level]
                    base = ".".join([*parents, base]).rstrip(".")
                yield from (f"{base}.{alias.name}" for alias in node.names)

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


def _module(path: Path) -> Module:
    parts = path.with_suffix("").parts
    return Module(".".join(parts[:-1] if parts[-1] == "__init__" else parts), path)


def files_of(*places: str) -> tuple[Module, ...]:
    """The modules in these folders and files below the root, sorted by path."""
    found: set[Path] = set()
    for place in places:
        start = ROOT / place
        found.update(start.rglob("*.py") if start.is_dir() else [start])
    return tuple(_module(path.relative_to(ROOT)) for path in sorted(found))


@cache
def product() -> tuple[Module, ...]:
    """Everything that is shipped."""
    return files_of("app.py", "ui", "pages", "mlops_core")


@cache
def dependencies() -> dict[str, frozenset[str]]:
    """For every module of the product, those of its modules that it imports by name."""
    names = {module.name for module in product()}

    def resolve(imported: str) -> str | None:
        # ``from package import name``: the name may be a module or something inside one.
        while imported and imported not in names:
            imported = imported.rpartition(".")[0]
        return imported or None

    return {
        module.name: frozenset(found for one in module.imports if (found := resolve(one)))
        - {module.name}
        for module in product()
    }


def root_of(imported: str) -> str:
    return imported.partition(".")[0]
