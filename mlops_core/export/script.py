"""A run as a script of pandas and scikit-learn that trains the same pipeline anew.

It carries the very functions that trained the run (see ``bundle``) and writes out what its
configuration came to, so every number comes out the same, to the last bit on the same machine.
"""

from __future__ import annotations

import pprint
from collections.abc import Iterator
from typing import Any

from mlops_core.domain.columns import ColumnRole
from mlops_core.domain.configs import SplitStrategy
from mlops_core.export.bundle import Bundle, import_lines
from mlops_core.export.preparing import Preparing
from mlops_core.export.recipe import Recipe
from mlops_core.features import assign
from mlops_core.metrics import METRICS
from mlops_core.metrics.base import Uncomputable
from mlops_core.metrics.spread import mean_and_std
from mlops_core.runners.limits import THREAD_VARIABLES
from mlops_core.training.judge import observe
from mlops_core.training.table import groups_of, labels_of, moments_or_numbers

PACKAGES = ("numpy", "scipy", "pandas", "scikit-learn")
RULE = "# " + "-" * 98


def write_script(recipe: Recipe) -> str:
    """The whole script as text."""
    blocks = [_head(recipe)]
    for title, text in sections(recipe):
        blocks.append(f"{RULE}\n# {title}\n\n{text}" if title else text)
    blocks.append(f"{RULE}\n# From a shell\n\n{_MAIN}")
    ending = 'if __name__ == "__main__":\n    main()\n'
    return "\n\n\n".join([*blocks, ending])


def sections(recipe: Recipe) -> list[tuple[str, str]]:
    """The code between its head and its end, each part with its title; imports have none.

    In the end ``train(path)`` gives the fitted pipeline and what it scored.
    """
    bundle = Bundle()
    making = Preparing(recipe, bundle).write()
    parts = [
        ("Reading", "\n".join(_reading(recipe, bundle))),
        ("Splitting", "\n".join(_splitting(recipe, bundle))),
        ("Fitting", making),
        ("Judging", "\n".join(_judging(recipe, bundle))),
        ("The run", _TRAIN),
    ]
    bundle.imports |= {("numpy", None, "np"), ("pandas", None, "pd"), ("math", None, "math")}
    bundle.imports |= {(name, None, name) for name in ("argparse", "json")}
    bundle.imports |= {("pathlib", "Path", "Path"), ("types", "SimpleNamespace", "SimpleNamespace")}
    return [
        ("", "\n".join(import_lines(bundle.imports))),
        ("What was asked for", "\n".join(_constants(recipe))),
        ("As in the app", "\n\n\n".join(_apart(bundle.definitions))),
        *parts,
    ]


def _apart(definitions: dict[str, str]) -> Iterator[str]:
    """Definitions as paragraphs: constants that follow each other stay together."""
    constants: list[str] = []
    for text in definitions.values():
        if text.startswith(("def ", "class ", "@")):
            if constants:
                yield "\n".join(constants)
                constants = []
            yield text
        else:
            constants.append(text)
    if constants:
        yield "\n".join(constants)


def _head(recipe: Recipe) -> str:
    """Docstring and threads; no name that a person chose is in it."""
    return f'''"""Run {recipe.run_id}, to be trained anew, judged on the same rows, and compared.

    python run-{recipe.run_id}.py TABLE.csv

{about(recipe)}
"""

{threads(recipe)}'''


def about(recipe: Recipe) -> str:
    """Where the table comes from, and what makes every number the same."""
    versions = recipe.result.environment
    names = (*PACKAGES, recipe.algorithm.package)
    packages = ", ".join(f"{name} {versions[name]}" for name in names if name in versions)
    data = recipe.dataset_id
    return f"""The table is dataset {data} as the app exports it, .csv or (with pyarrow) .parquet:

    python -m mlops_core dataset export {data} TABLE.csv

With the versions that trained the run, on the same kind of processor, every number is the same to
the last bit: Python {versions.get("python", "3.11")}, {packages}.

Configuration: {recipe.spec.digest}"""


def threads(recipe: Recipe) -> str:
    """The first lines: they have to come before the libraries are loaded."""
    variables = "\n".join(f'    "{name}",' for name in THREAD_VARIABLES)
    return f"""from __future__ import annotations

import os

# Threads change the last bits of sums. This has to come before the libraries are loaded.
for variable in (
{variables}
):
    os.environ[variable] = "{recipe.n_jobs}\""""


def _assign(name: str, value: Any) -> str:
    shown = pprint.pformat(value, width=96 - len(name), sort_dicts=False, compact=True)
    return f"{name} = {shown}".replace("\n", "\n" + " " * (len(name) + 3))


def _constants(recipe: Recipe) -> Iterator[str]:
    spec, result = recipe.spec, recipe.result
    about = {
        "experiment": recipe.experiment,
        "dataset": spec.dataset.name,
        "version": spec.dataset.version,
    }
    yield _assign("ABOUT", about)
    yield _assign("TARGET", spec.dataset.target)
    if recipe.is_classification:
        yield f"POSITIVE = {recipe.positive}  # index among the classes, in their order"
    if recipe.split_column is not None:
        yield _assign("SPLIT_BY", recipe.split_column)
    roles = {
        "CATEGORIES": ColumnRole.CATEGORICAL, "NUMBERS": ColumnRole.NUMERIC,
        "DATES": ColumnRole.DATE, "TEXTS": ColumnRole.TEXT,
    }  # fmt: skip
    for name, role in roles.items():
        if columns := recipe.of_role(role):
            yield _assign(name, columns)
    yield _assign("FEATURES", list(recipe.features))
    yield _assign("TYPES", {name: recipe.types[name].value for name in recipe.columns})
    words = {
        name: {said.true: True, said.false: False}
        for name, said in recipe.spellings.items()
        if name in recipe.columns
    }
    yield _assign("WORDS", words) + "  # how a .csv writes truth values"
    judged = spec.evaluation
    yield f"HOLDOUT, FOLDS, SEED = {judged.holdout}, {judged.folds}, {judged.seed}"
    yield f"FIT_SEED = {spec.fit_seed}  # fold i takes the i-th after it"
    recorded = {
        "holdout": dict(result.holdout),
        "cv": {name: list(found.folds) for name, found in result.cv.items()},
    }
    yield _assign("RECORDED", recorded)


_READ = '''def read_table(path):
    """The columns of the run, in the types that the app gave them.

    An empty text in a .csv reads as a missing one; a .parquet keeps the two apart.
    """
    if path.suffix.lower() == ".parquet":
        frame = pd.read_parquet(path, columns=list(TYPES), dtype_backend="numpy_nullable")
        for name, kind in TYPES.items():
            if kind in ("number", "text"):
                frame[name] = frame[name].astype("float64" if kind == "number" else "str")
            elif kind == "boolean":
                frame[name] = frame[name].astype(object).where(frame[name].notna(), None)
    else:
        frame = pd.read_csv(
            path, usecols=list(TYPES), dtype="str", keep_default_na=False, na_values=[""],
            encoding="utf-8-sig",
        )[list(TYPES)]
        for name, kind in TYPES.items():
            if kind == "number":  # float() is exact; not every parser of a .csv is
                frame[name] = frame[name].map(float, na_action="ignore").astype("float64")
            elif kind == "integer":
                numbers = [None if pd.isna(text) else int(text) for text in frame[name]]
                frame[name] = pd.array(numbers, dtype="Int64")
            elif kind == "boolean":
                words = WORDS.get(name, {"true": True, "false": False})
                frame[name] = frame[name].astype(object).map(words, na_action="ignore")
                frame[name] = frame[name].where(frame[name].notna(), None)
    for name, kind in TYPES.items():
        if kind in ("date", "datetime"):
            frame[name] = pd.to_datetime(frame[name], format="ISO8601").astype("datetime64[us]")
        elif kind == "boolean" and frame[name].notna().all():
            frame[name] = frame[name].astype(bool)
    whole = [name for name, kind in TYPES.items() if kind == "integer"]
    if not frame[whole].isna().to_numpy().any():
        frame = frame.astype(dict.fromkeys(whole, "int64"))
    return frame'''


def _reading(recipe: Recipe, bundle: Bundle) -> Iterator[str]:
    yield _READ
    yield "\n"
    yield "def load(path):"
    yield '    """The rows that have a target: features, what is learned, what is true."""'
    yield "    whole = read_table(path)"
    if recipe.is_classification:
        bundle.add(labels_of)
        yield "    frame = whole[whole[TARGET].notna()].reset_index(drop=True)"
        yield "    labels, truth = np.unique(labels_of(frame[TARGET]), return_inverse=True)"
        yield "    y = labels[truth]"
    else:
        yield '    y = pd.to_numeric(whole[TARGET], errors="coerce")'
        yield '    y = y.to_numpy(dtype="float64", na_value=np.nan)'
        yield "    frame = whole[np.isfinite(y)].reset_index(drop=True)"
        yield "    labels, truth = np.array([]), y[np.isfinite(y)]"
        yield "    y = truth"
    by = {
        SplitStrategy.GROUPED: (groups_of, "groups=groups_of(frame[SPLIT_BY])"),
        SplitStrategy.TIME: (moments_or_numbers, "times=moments_or_numbers(frame[SPLIT_BY])"),
    }.get(recipe.strategy)
    more = ""
    if by is not None:
        bundle.add(by[0])
        more = f", {by[1]}"
    yield "    return SimpleNamespace("
    yield f"        frame=frame[FEATURES], y=y, truth=truth, labels=labels{more},"
    yield "    )"


def _splitting(recipe: Recipe, bundle: Bundle) -> Iterator[str]:
    yield "def split(table):"
    yield '    """Hold-out rows, training rows, and (training rows, judged rows) of each fold."""'
    if recipe.strategy is SplitStrategy.TIME:
        bundle.add(assign.time_ordered)
        yield "    return time_ordered(table.times, HOLDOUT, FOLDS)"
        return
    bundle.add(assign.around)
    yield "    rng = np.random.default_rng(SEED)"
    if recipe.strategy is SplitStrategy.GROUPED:
        bundle.add(assign.grouped)
        yield "    holdout, judged = grouped(table.groups, HOLDOUT, FOLDS, rng)"
    else:
        bundle.add(assign.stratified)
        stratified = recipe.strategy is SplitStrategy.STRATIFIED
        classes = "table.truth" if stratified else "np.zeros_like(table.truth)"
        yield f"    classes = {classes}.astype(np.intp)"
        yield "    holdout, judged = stratified(classes, HOLDOUT, FOLDS, rng)"
    yield "    train, folds = around(holdout, judged, len(table.truth))"
    yield "    return holdout, train, folds"


def _judging(recipe: Recipe, bundle: Bundle) -> Iterator[str]:
    bundle.add(observe, Uncomputable, mean_and_std)
    yield "METRICS = {"
    for key in recipe.metrics:
        compute = METRICS[key].compute
        bundle.add(compute)
        yield f'    "{key}": {compute.__name__},'
    yield "}"
    yield "\n"
    positive = "POSITIVE" if recipe.is_classification else "None"
    yield f'''def judge(pipeline, table, rows):
    """Every metric that has a value on these rows."""
    design = pipeline[0].transform(table.frame.iloc[rows])
    seen = observe(pipeline[1], design, table.truth[rows], table.labels, {positive})
    values = {{}}
    for name, compute in METRICS.items():
        try:
            value = compute(seen)
        except Uncomputable:
            continue
        if math.isfinite(value):
            values[name] = value
    return values'''


_TRAIN = '''def train(path):
    """The fitted pipeline, and what it scored: on the hold-out, and fold by fold."""
    table = load(path)
    holdout, rows, folds = split(table)
    cv = {}
    for number, (learn, judged) in enumerate(folds, start=1):
        single = len(table.labels) and len(np.unique(table.truth[learn])) < 2
        if single or not len(judged):
            continue  # nothing to learn, or nothing to judge
        fitted = fit(table, learn, (FIT_SEED + number) % 2**32)
        for name, value in judge(fitted, table, judged).items():
            cv.setdefault(name, []).append(value)
    pipeline = fit(table, rows, FIT_SEED)
    held = judge(pipeline, table, holdout) if len(holdout) else {}
    return pipeline, {"holdout": held, "cv": cv}'''

_MAIN = """def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", type=Path, help="the dataset, as .csv or .parquet")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    asked = parser.parse_args()
    _pipeline, found = train(asked.table)
    same = found == RECORDED
    if asked.json:
        cv = {}
        for name, values in found["cv"].items():
            mean, std = mean_and_std(values)
            cv[name] = {"mean": mean, "std": std, "folds": values}
        print(json.dumps({"holdout": found["holdout"], "cv": cv, "identical": same}))
        return
    for place in ("holdout", "cv"):
        for name, value in found[place].items():
            recorded = RECORDED[place].get(name)
            verdict = "identical" if value == recorded else f"the run had {recorded}"
            print(f"{place:8} {name:20} {value}  ({verdict})")"""
