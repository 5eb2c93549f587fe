"""What findings and their kinds are called, and how those of one column are listed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import streamlit as st

from mlops_core import words
from mlops_core.domain.findings import Finding
from mlops_core.i18n import N_, _
from ui.layout import severity_badge

LONGEST_FACT = 60  # columns of a name or value within a sentence
_KINDS = {
    "class_smaller_than_folds": N_("Class smaller than the folds"),
    "classes_look_alike": N_("Classes look alike"),
    "constant": N_("Constant"),
    "dates_suggest_time_split": N_("Dates suggest a time split"),
    "entities_suggest_grouped_split": N_("Suggests a grouped split"),
    "equal_columns": N_("Equal columns"),
    "identifier_like": N_("Identifier"),
    "imbalance": N_("Unequal classes"),
    "leakage": N_("Tells the target"),
    "long_text": N_("Long text"),
    "many_categories": N_("Many categories"),
    "mostly_missing": N_("Mostly missing"),
    "near_constant": N_("Nearly constant"),
    "nearly_equal_columns": N_("Nearly equal columns"),
    "numbers_as_classes": N_("Numbers as classes"),
    "personal_data": N_("Personal data"),
    "rare_classes": N_("Rare classes"),
    "skewed_target": N_("Skewed target"),
    "target_missing": N_("Target missing"),
    "total_row": N_("Total below the table"),
}


def sentence(finding: Finding) -> str:
    """What a finding says, as Markdown, with long names cut."""
    return words.md(_plain(finding))


def in_short(finding: Finding) -> str:
    """The first sentence of what a finding says, as Markdown."""
    return words.md(_plain(finding).split(". ")[0].removesuffix("."))


def _plain(finding: Finding) -> str:
    if finding.said is None:
        return finding.message
    return finding.said.filled(lambda fact: words.clip(fact, LONGEST_FACT))


def kind_word(code: str) -> str:
    """The name of a kind of finding; of one that is not known here, its code in plain words."""
    word = _KINDS.get(code)
    return _(word) if word else code.replace("_", " ").capitalize()


def by_column(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """The findings of each column that has any, the gravest first."""
    found: dict[str, list[Finding]] = {}
    for finding in sorted(findings, key=lambda one: one.severity.rank):
        if finding.column is not None:
            found.setdefault(finding.column, []).append(finding)
    return found


def list_findings(findings: Sequence[Finding]) -> None:
    """Each in a line with how much it matters."""
    for finding in findings:
        with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
            severity_badge(finding.severity)
            st.markdown(sentence(finding))
