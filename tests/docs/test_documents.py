"""What the documents say is so: links lead somewhere, every setting and command is named."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from mlops_core.domain.states import EndReason
from mlops_core.settings import BOUND_VARIABLES, VARIABLES

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"!?\[[^\]]*\]\(([^)#\s]+)(#[^)]*)?\)")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_to_a_file(path: Path) -> None:
    links = [match[1] for match in LINK.finditer(path.read_text())]
    broken = [
        link for link in links if "://" not in link and not (path.parent / link).resolve().exists()
    ]
    assert broken == []


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    assert [name for name in {**VARIABLES, **BOUND_VARIABLES} if f"`{name}`" not in text] == []


def test_every_end_reason_is_in_the_glossary() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text()
    assert [reason for reason in EndReason if reason.value not in text] == []


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text()
    assert [p.name for p in folder.glob("0*.md") if f"({p.name})" not in index] == []


def test_the_readme_shows_the_two_commands_first() -> None:
    text = (ROOT / "README.md").read_text()
    first = re.search(r"```\w*\n(.*?)```", text, re.DOTALL)
    assert first is not None
    assert re.findall(r"^make \w+", first[1], re.MULTILINE) == ["make run", "make test"]


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        name
        for path in DOCUMENTS
        for name in re.findall(r"`make ([a-z]+)`|^make ([a-z]+)", path.read_text(), re.MULTILINE)
        for name in name
        if name
    }
    assert named <= targets


def test_every_module_of_the_tree_has_a_docstring() -> None:
    files = subprocess.run(
        ["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    bare = [
        name
        for name in files
        if (ROOT / name).exists()
        and (text := (ROOT / name).read_text()).strip()
        and not text.lstrip().startswith(('"""', "'''", "#!"))
    ]
    assert bare == []
