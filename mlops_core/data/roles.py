"""Suggestions: the role of each column, the target, the task."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mlops_core.domain.columns import Column, ColumnProfile, ColumnRole, ColumnType
from mlops_core.domain.params import Task
from mlops_core.i18n import N_

FEW_CLASSES = 20
FEW_CATEGORIES = 50
LONG_TEXT = 30  # characters on average
_NUMERIC = (ColumnType.INTEGER, ColumnType.NUMBER)
_DATES = (ColumnType.DATE, ColumnType.DATETIME)
_IDENTIFIER_NAME = re.compile(
    r"(^|[_\W])(id|uuid|guid|key|index|idx|no|code|serial)$|^unnamed|번호$|코드$|식별자|아이디|일련",
    re.I,
)
_IDENTIFIER_CAMEL = re.compile(r"[a-z](ID|Id)$")
# What people write beside their data is hardly what they predict.
_REMARK = re.compile(r"비고|메모|특이사항|備考|备注|remark|comment|note|memo", re.I)
# The likeliest names of what people predict, the strongest first.
_TARGET_NAMES = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        r"^(target|label|class|y|outcome|타깃|타겟|목표|라벨|레이블)$",
        r"(^|[_\W])(churn(ed)?|survived|default(ed)?|fraud|is_fraud|diagnosis|species)$"
        r"|이탈|해지\s*여부|생존|부도|사기|진단",
        r"(^|[_\W])(target|label|class|outcome|result|status|grade|score|rating)$|결과|등급|여부$",
        r"(^|[_\W])(price|saleprice|cost|amount|revenue|sales|mpg|income|salary)$|가격|매출|금액$",
    )
)


def names_identifier(name: str) -> bool:
    """Whether a column of this name tells one thing from another."""
    return bool(_IDENTIFIER_NAME.search(name) or _IDENTIFIER_CAMEL.search(name))


def suggest(columns: Sequence[Column], rows: int) -> tuple[Column, ...]:
    """``columns`` (profiled, of a table of ``rows`` rows) with a role and the reason for it."""
    suggested = []
    for column in columns:
        role, reason = _role(column, rows)
        suggested.append(column.model_copy(update={"role": role, "role_reason": reason}))
    return tuple(suggested)


def _role(column: Column, rows: int) -> tuple[ColumnRole, str]:
    """The role and its reason; reasons are marked for translation and translated when shown."""
    profile, present = column.profile, rows - column.profile.missing
    if present == 0:
        return ColumnRole.DROP, N_("It holds no values.")
    if profile.distinct <= 1 and rows > 1:
        return ColumnRole.DROP, N_("It holds the same value everywhere.")
    if column.type in _DATES:
        return ColumnRole.DATE, N_("It holds dates.")
    if is_identifier(column, rows):
        return ColumnRole.DROP, N_("It looks like an identifier: almost every row has its own.")
    if column.type is ColumnType.BOOLEAN:
        return ColumnRole.CATEGORICAL, N_("It is true or false.")
    if column.type in _NUMERIC:
        return ColumnRole.NUMERIC, N_("It holds numbers.")
    if _is_prose(profile, present):
        return ColumnRole.TEXT, N_("It holds free text.")
    return ColumnRole.CATEGORICAL, N_("It holds words that repeat.")


def is_identifier(column: Column, rows: int) -> bool:
    """Whether the values name rows rather than describe them."""
    profile, present = column.profile, rows - column.profile.missing
    if present < 20 or profile.distinct < present * 0.98:
        return False
    named = is_entity(column.name)
    if column.type is ColumnType.INTEGER:
        return named or _counts_rows(profile, present)
    return column.type is ColumnType.TEXT and (named or not _is_long(profile))


def is_entity(name: str) -> bool:
    """Whether a name is that of an identifier: of rows, or of things that rows are about."""
    return names_identifier(name)


def _counts_rows(profile: ColumnProfile, present: int) -> bool:
    """Distinct whole numbers without gaps: a running number."""
    if not isinstance(profile.minimum, float) or not isinstance(profile.maximum, float):
        return False
    return profile.distinct == present and profile.maximum - profile.minimum + 1 == present


def _is_long(profile: ColumnProfile) -> bool:
    return (profile.mean_length or 0) >= LONG_TEXT


def _is_prose(profile: ColumnProfile, present: int) -> bool:
    """Long, and rarely the same twice. Korean says the same in half the characters."""
    rare = profile.distinct > max(FEW_CATEGORIES, present * 0.2)
    return rare and _is_long(profile)


def suggest_target(columns: Sequence[Column]) -> str | None:
    """The column that people would most likely predict, or ``None`` when nothing fits."""
    fitting = [column for column in columns if can_be_target(column)]
    for pattern in _TARGET_NAMES:
        for column in reversed(fitting):
            if pattern.search(column.name.strip()):
                return column.name
    others = [column for column in fitting if not _REMARK.search(column.name)]
    return (others or fitting)[-1].name if fitting else None


def can_be_target(column: Column) -> bool:
    """It varies, is no date and no identifier, and its classes can be counted."""
    if column.role in (ColumnRole.DROP, ColumnRole.DATE, ColumnRole.TEXT):
        return False
    if column.type is ColumnType.TEXT:
        return column.profile.distinct <= FEW_CATEGORIES
    return True


def suggest_task(column: Column) -> Task:
    """Classes for words, truth values and few distinct whole numbers; else a number to estimate."""
    if column.type in (ColumnType.TEXT, ColumnType.BOOLEAN):
        return Task.CLASSIFICATION
    few = column.profile.distinct <= FEW_CLASSES
    whole = column.type is ColumnType.INTEGER or _all_whole(column.profile)
    if whole and few and _coded(column.profile):
        return Task.CLASSIFICATION
    return Task.REGRESSION


def _all_whole(profile: ColumnProfile) -> bool:
    """1.0 and 0.0: whole numbers that another program has given a fraction."""
    listed = len(profile.top) == profile.distinct
    return listed and all(top.value.lstrip("-").isdigit() for top in profile.top)


def _coded(profile: ColumnProfile) -> bool:
    """Few whole numbers close to zero, such as 0 and 1 or 1 … 5, are codes of classes."""
    if not isinstance(profile.minimum, float) or not isinstance(profile.maximum, float):
        return False
    return profile.distinct == 2 or (profile.minimum >= -1 and profile.maximum <= 2 * FEW_CLASSES)
