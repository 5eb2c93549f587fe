"""How things read: numbers, sizes, times, statuses and names. Pure functions, no Streamlit.

Numbers show three significant digits and thin-space thousands; a missing value shows an em dash.
Everything that a person typed goes through ``md`` before it meets Markdown.
"""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime, tzinfo
from itertools import accumulate
from unicodedata import east_asian_width

from mlops_core.algorithms import ALGORITHMS
from mlops_core.domain.columns import ColumnRole, ColumnType
from mlops_core.domain.configs import SplitStrategy
from mlops_core.domain.params import Task
from mlops_core.domain.states import EndReason, ExperimentStatus, RunStatus
from mlops_core.i18n import N_, _, ngettext
from mlops_core.metrics import METRICS, Format

NOTHING = "—"
THIN = "\u202f"  # narrow no-break space: groups digits and never wraps
PER_ITERATION = ".iterations"  # ending of the points that are measured inside a fit
MINUS = "\u2212"

# Streamlit reads these after Markdown is done with its backslashes: shortcodes of icons and emoji,
# and arrows, dashes and comparisons that stand alone. A joiner that no one sees takes them apart.
_JOINER = "\u2060"
_SHORTCODE = re.compile(r":(?=material/|(?:[+\-]|\d?[^\W\d]|\d{3})[\w+/\-]*:)")
_SIGNS = re.compile(r"(?<!\S)([<>~-])(->|[>=-])(?!\S)")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:^=&@])")

_STATUS_WORDS = {
    "planned": N_("Planned"),
    "queued": N_("Queued"),
    "running": N_("Running"),
    "completed": N_("Completed"),
    "failed": N_("Failed"),
    "cancelled": N_("Cancelled"),
}
STATUS_ICONS = {
    "planned": ":material/edit_calendar:",
    "queued": ":material/schedule:",
    "running": ":material/progress_activity:",
    "completed": ":material/check_circle:",
    "failed": ":material/error:",
    "cancelled": ":material/cancel:",
}
STATUS_COLOURS = {
    "planned": "gray",
    "queued": "violet",
    "running": "blue",
    "completed": "green",
    "failed": "red",
    "cancelled": "gray",
}
_REASON_WORDS = {
    EndReason.FINISHED: N_("Finished"),
    EndReason.ERROR: N_("Stopped by an error"),
    EndReason.MEMORY_LIMIT: N_("Stopped at the memory limit"),
    EndReason.TIME_LIMIT: N_("Stopped at the time limit"),
    EndReason.DISK_LIMIT: N_("Stopped at the disk limit"),
    EndReason.CANCELLED: N_("Stopped by a person"),
    EndReason.KILLED: N_("Ended from outside"),
    EndReason.LOST: N_("Lost with its machine or process"),
}
_TYPE_WORDS = {
    ColumnType.INTEGER: N_("Whole number"),
    ColumnType.NUMBER: N_("Number"),
    ColumnType.BOOLEAN: N_("Yes or no"),
    ColumnType.DATE: N_("Date"),
    ColumnType.DATETIME: N_("Date and time"),
    ColumnType.TEXT: N_("Text"),
}
_ROLE_WORDS = {
    ColumnRole.NUMERIC: N_("Numeric"),
    ColumnRole.CATEGORICAL: N_("Categorical"),
    ColumnRole.DATE: N_("Date"),
    ColumnRole.TEXT: N_("Text"),
    ColumnRole.DROP: N_("Leave out"),
}
_SPLIT_WORDS = {
    SplitStrategy.AUTO: N_("Automatic"),
    SplitStrategy.RANDOM: N_("Random"),
    SplitStrategy.STRATIFIED: N_("Stratified"),
    SplitStrategy.GROUPED: N_("By group"),
    SplitStrategy.TIME: N_("By time"),
}
_TASK_WORDS = {Task.CLASSIFICATION: N_("Classification"), Task.REGRESSION: N_("Regression")}
_LIMIT_WORDS = {
    "memory": N_("Memory limit"),
    "cpu": N_("Core limit"),
    "time": N_("Time limit"),
    "gpu": N_("GPU limit"),
    "disk": N_("Disk limit"),
}
_LAYER_WORDS = {
    "hard": N_("cannot be exceeded"),
    "polled": N_("checked many times a second"),
    "none": N_("not held here"),
}
_PHASE_WORDS = {
    "loading": N_("Reading the data"),
    "fold": N_("Cross-validation"),
    "folds": N_("Cross-validation"),
    "holdout": N_("Testing on the hold-out"),
    "final": N_("Training the final model"),
    "explaining": N_("Measuring what each feature adds"),
    "saving": N_("Saving the model"),
}


def md(text: object) -> str:
    """``text`` as Markdown that shows exactly these characters, on one line."""
    line = _SHORTCODE.sub(f":{_JOINER}", " ".join(str(text).split()))
    return _MARKDOWN.sub(r"\\\1", _SIGNS.sub(rf"\1{_JOINER}\2", line))


def clip(text: object, most: int = 28) -> str:
    """``text`` in at most ``most`` columns; the middle goes, for names differ at their ends.

    A Hangul syllable is as wide as two letters.
    """
    line = " ".join(str(text).split())
    if _columns(line) <= most:
        return line
    tail = _fitting(line[::-1], (most - 1) // 2)[::-1]
    head = _fitting(line, most - 1 - _columns(tail))
    return f"{head.rstrip()}…{tail.lstrip()}"


def _columns(text: str) -> int:
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def _fitting(text: str, most: int) -> str:
    """As much of the beginning as ``most`` columns hold."""
    ends = accumulate(map(_columns, text))
    return text[: sum(end <= most for end in ends)]


# Numbers ------------------------------------------------------------------------------------------


def _grouped(digits: str) -> str:
    """Thin spaces between the thousands of a plain decimal number; four digits stay together."""
    sign, digits = ("-", digits[1:]) if digits.startswith("-") else ("", digits)
    whole, point, rest = digits.partition(".")
    if len(whole) > 4:
        head = len(whole) % 3 or 3
        whole = THIN.join([whole[:head], *(whole[i : i + 3] for i in range(head, len(whole), 3))])
    return f"{MINUS if sign else ''}{whole}{point}{rest}"


def number(value: float | None, digits: int = 3) -> str:
    """Three significant digits: 0.913, 12.4, 48 200, 1.2e-7; trailing zeros stay."""
    if value is None or math.isnan(value):
        return NOTHING
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1e15 or size < 1e-4:
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        return f"{mantissa.replace('-', MINUS)}e{int(exponent)}".replace("e-", f"e{MINUS}")
    if size >= 10 ** (digits - 1):
        return _grouped(f"{value:.0f}")
    decimals = digits - 1 - math.floor(math.log10(float(f"{size:.{digits - 1}e}")))
    return _grouped(f"{value:.{max(decimals, 0)}f}")


def integer(value: int | None) -> str:
    return NOTHING if value is None else _grouped(str(int(value)))


def percent(share: float | None) -> str:
    """A share of one: 0.1234 reads 12.3 %."""
    if share is None or math.isnan(share):
        return NOTHING
    if 0 < abs(share) < 0.0005:
        return f"< 0.1{THIN}%"
    text = f"{share * 100:.1f}".removesuffix(".0")
    return f"{text.replace('-', MINUS)}{THIN}%"


def size(count: float | None) -> str:
    """Bytes in words: 512 bytes, 4.10 KB, 1.35 GB (powers of 1024)."""
    if count is None:
        return NOTHING
    if count < 1024:
        whole = int(count)
        return ngettext("{n} byte", "{n} bytes", whole).format(n=whole)
    value = float(count)
    for unit in ("KB", "MB", "GB", "TB"):
        value /= 1024
        if value < 1000 or unit == "TB":
            return f"{number(value)} {unit}"
    raise AssertionError(count)


def megabytes(value: float | None) -> str:
    return NOTHING if value is None else size(value * 1024**2)


def gigabytes(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.3g} GB"


def duration(seconds: float | None) -> str:
    """0.4 s, 12 s, 3 min 42 s, 2 h 5 min, 3 d 4 h."""
    if seconds is None or math.isnan(seconds):
        return NOTHING
    seconds = max(seconds, 0.0)
    if seconds < 9.95:
        return _("{n} s").format(n=f"{seconds:.1f}".removesuffix(".0"))
    whole = round(seconds)
    if whole < 60:
        return _("{n} s").format(n=whole)
    if whole < 3600:
        return _pair(_("{n} min"), whole // 60, _("{n} s"), whole % 60)
    minutes = round(seconds / 60)
    if minutes < 24 * 60:
        return _pair(_("{n} h"), minutes // 60, _("{n} min"), minutes % 60)
    hours = round(seconds / 3600)
    return _pair(_("{n} d"), hours // 24, _("{n} h"), hours % 24)


def _pair(large: str, many: int, small: str, few: int) -> str:
    text = large.format(n=many)
    return f"{text} {small.format(n=few)}" if few else text


# Times --------------------------------------------------------------------------------------------


def ago(moment: datetime | None, now: datetime | None = None) -> str:
    """How long ago, or in how long: just now, 3 minutes ago, yesterday, 5 days ago, in 2 hours."""
    if moment is None:
        return NOTHING
    seconds = ((now or datetime.now(UTC)) - moment).total_seconds()
    future, seconds = seconds < -1, abs(seconds)
    if seconds < 45:
        return _("in a moment") if future else _("just now")
    minutes, hours, days = round(seconds / 60), round(seconds / 3600), round(seconds / 86400)
    if minutes < 60:
        words = ngettext("{n} minute", "{n} minutes", minutes).format(n=minutes)
    elif hours < 24:
        words = ngettext("{n} hour", "{n} hours", hours).format(n=hours)
    elif days < 60:
        words = ngettext("{n} day", "{n} days", days).format(n=days)
    else:
        months = round(days / 30.4)
        words = ngettext("{n} month", "{n} months", months).format(n=months)
    return (_("in {time}") if future else _("{time} ago")).format(time=words)


def absolute(moment: datetime | None, zone: tzinfo | None = None) -> str:
    """2026-11-24 14:03:12 UTC: one form that every language reads alike."""
    if moment is None:
        return NOTHING
    local = moment.astimezone(zone or UTC)
    return f"{local:%Y-%m-%d %H:%M:%S} {local.tzname() or ''}".strip()


# Metrics, statuses, names -------------------------------------------------------------------------


def metric_label(key: str | None, short: bool = False) -> str:
    """The name of a metric, or of the curve that an algorithm's iterations draw."""
    if key is None:
        return NOTHING
    if key.endswith(PER_ITERATION):
        label = metric_label(key.removesuffix(PER_ITERATION), short)
        return _("{metric}, by iteration").format(metric=label)
    if key == "loss":
        return _("Loss")
    metric = METRICS.get(key)
    if metric is None:
        return key.replace("_", " ")
    return _(metric.short if short else metric.label)


def metric_value(key: str | None, value: float | None) -> str:
    """A value as its metric is read: percentages with their sign, the rest in plain digits."""
    metric = METRICS.get(key or "")
    if metric is not None and metric.format is Format.PERCENT:
        return percent(value)
    if metric is not None and metric.format is Format.SHARE and value is not None:
        # Scores between 0 and 1 differ in their third place; four digits keep neighbours apart.
        return NOTHING if math.isnan(value) else f"{value:.4f}".replace("-", MINUS)
    return number(value, 4)


def spread(mean: float | None, std: float | None, key: str | None = None) -> str:
    """mean ± standard deviation over folds."""
    if mean is None:
        return NOTHING
    if std is None:
        return metric_value(key, mean)
    return f"{metric_value(key, mean)} ± {metric_value(key, std)}"


def status_word(status: RunStatus | ExperimentStatus | str) -> str:
    return _(_STATUS_WORDS[str(status)])


def status_icon(status: RunStatus | ExperimentStatus | str) -> str:
    return STATUS_ICONS[str(status)]


def status_colour(status: RunStatus | ExperimentStatus | str) -> str:
    return STATUS_COLOURS[str(status)]


def reason_word(reason: EndReason | str | None) -> str:
    return _(_REASON_WORDS[EndReason(reason)]) if reason else ""


def algorithm_label(key: str) -> str:
    algorithm = ALGORITHMS.get(key)
    return _(algorithm.label) if algorithm else key.replace("_", " ")


def model_name(name: str, algorithm: str) -> str:
    """A model's name; one that is just its algorithm's is said in the reader's language."""
    known = ALGORITHMS.get(algorithm)
    return _(name) if known and name == known.label else name


def task_word(task: Task | str | None) -> str:
    return _(_TASK_WORDS[Task(task)]) if task else NOTHING


def type_word(kind: ColumnType) -> str:
    return _(_TYPE_WORDS[kind])


def role_word(role: ColumnRole) -> str:
    return _(_ROLE_WORDS[role])


def role_key(role: str) -> str:
    """A role as a result names it."""
    return role_word(ColumnRole(role)) if role in set(ColumnRole) else role


def split_word(strategy: SplitStrategy) -> str:
    return _(_SPLIT_WORDS[strategy])


def phase_words(phase: str, fold: int = 0, folds: int = 0) -> str:
    """What a run is doing: "Cross-validation, fold 2 of 5"."""
    if not phase:
        return _("Starting")
    words = _(_PHASE_WORDS[phase]) if phase in _PHASE_WORDS else phase
    if fold and folds:
        return _("{phase}, fold {fold} of {folds}").format(phase=words, fold=fold, folds=folds)
    return words


def limit_word(resource: str) -> str:
    """Which limit: Memory limit, Time limit …"""
    return _(_LIMIT_WORDS[resource]) if resource in _LIMIT_WORDS else resource


def layer_word(layer: str) -> str:
    """How a limit was held."""
    return _(_LAYER_WORDS[layer]) if layer in _LAYER_WORDS else layer


def param_value(value: object) -> str:
    """A parameter's or a config's value as a person reads it."""
    if value is None:
        return _("none")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int):
        return integer(value)
    if isinstance(value, float):
        return f"{value:.6g}".replace("-", MINUS) if value % 1 else integer(int(value))
    if isinstance(value, list | tuple):
        return ", ".join(param_value(item) for item in value) or _("none")
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False) if value else _("none")
    return str(value)


def version(value: str | int) -> str:
    """v3, v1.2.0."""
    return f"v{str(value).removeprefix('v')}"
