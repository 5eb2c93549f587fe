"""The part of a script that makes the preparation and the model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sklearn.compose import ColumnTransformer

from mlops_core.domain.columns import ColumnRole
from mlops_core.domain.params import BuildContext
from mlops_core.export.bundle import Bundle
from mlops_core.export.recipe import Recipe
from mlops_core.export.render import Renderer
from mlops_core.features import pipeline
from mlops_core.training.curves import can_set_aside

SEED = 3_735_928_559  # stands for the seed of a fit, which is known only in the script
BINARY = "binary-or-multiclass"  # stands for what the classes of a fit's rows decide


@dataclass
class Preparing:
    """Writes ``make_preparation``, ``make_model`` and ``fit``."""

    recipe: Recipe
    bundle: Bundle
    renderer: Renderer = field(
        default_factory=lambda: Renderer(names={SEED: "seed", BINARY: "kind_of_target"})
    )

    def __post_init__(self) -> None:
        recipe = self.recipe
        self.context = BuildContext(
            task=recipe.task,
            seed=SEED,
            n_jobs=recipe.n_jobs,
            device="cuda" if recipe.result.environment.get("device", "cpu") != "cpu" else "cpu",
            classes=2,
            rows=0,
            columns=0,
        )
        self.categories = recipe.of_role(ColumnRole.CATEGORICAL)
        self.numbers = recipe.of_role(ColumnRole.NUMERIC)
        self.dates = recipe.of_role(ColumnRole.DATE)
        self.texts = recipe.of_role(ColumnRole.TEXT)
        self.model = recipe.algorithm.build(recipe.params, self.context)

    @property
    def encodings(self) -> tuple[str, str]:
        """How categories are encoded, and how those that have too many values are."""
        asked = self.recipe.spec.features.categorical.encode
        if asked == "auto":
            return self.recipe.algorithm.encode, pipeline.TARGET
        return asked, asked

    def write(self) -> str:
        """The functions as text; what they use is added to the bundle."""
        parts = ["\n".join(self._preparation()), "\n".join(self._model()), "\n".join(self._fit())]
        self.bundle.imports |= self.renderer.imports
        self.bundle.imports.add(
            ("sklearn.compose", ColumnTransformer.__name__, ColumnTransformer.__name__)
        )
        self.bundle.imports.add(("sklearn.pipeline", "Pipeline", "Pipeline"))
        self.bundle.add(*self.renderer.carried)
        return "\n\n\n".join(parts)

    # The preparation ------------------------------------------------------------------------------

    def _preparation(self) -> Iterator[str]:
        more = ", kind_of_target" if self._needs_kind else ""
        yield f"def make_preparation(frame, seed{more}):"
        yield '    """An unfitted preparation; only these rows say what a column holds."""'
        yield "    blocks = []"
        if self.categories:
            yield from self._category_blocks()
        if self.numbers:
            step = pipeline.number_step(self.recipe.spec.features, self.recipe.algorithm)
            yield from self._block(pipeline.NUMBERS, step, "NUMBERS")
        if self.dates:
            yield from self._block(
                pipeline.DATES, pipeline.date_step(self.recipe.algorithm), "DATES"
            )
        if self.texts:
            yield from self._text_blocks()
        threshold = 0.0 if self.recipe.algorithm.needs_dense else 0.3
        yield f"    return ColumnTransformer(blocks, sparse_threshold={threshold})"

    @property
    def _needs_kind(self) -> bool:
        return (
            bool(self.categories)
            and self.recipe.is_classification
            and pipeline.TARGET in self.encodings
        )

    def _category_blocks(self) -> Iterator[str]:
        few, many = self.encodings
        least = 2 * pipeline.TARGET_FOLDS
        if few != many:
            most = self.recipe.spec.features.categorical.max_categories
            yield f"    enough = len(frame) >= {least}"
            yield f"    many = [n for n in CATEGORIES if enough and frame[n].nunique() > {most}]"
            yield "    few = [n for n in CATEGORIES if n not in many]"
            yield "    if few:"
            yield from self._block(few, self._category_step(few), "few", deeper=4)
            yield "    if many:  # so many values say more as the mean of the target"
            yield from self._block(many, self._category_step(many), "many", deeper=4)
        elif few == pipeline.TARGET:
            yield f"    if len(frame) >= {least}:"
            yield from self._block(few, self._category_step(few), "CATEGORIES", deeper=4)
            yield "    else:"
            other = pipeline.ORDINAL
            yield from self._block(other, self._category_step(other), "CATEGORIES", deeper=4)
        else:
            yield from self._block(few, self._category_step(few), "CATEGORIES")

    def _category_step(self, kind: str) -> Any:
        recipe = self.recipe
        step = pipeline.category_step(
            kind, recipe.spec.features, recipe.algorithm, recipe.params, self.context
        )
        if kind == pipeline.TARGET and recipe.is_classification:
            step.named_steps["encode"].target_type = BINARY
        return step

    def _text_blocks(self) -> Iterator[str]:
        self.bundle.add(pipeline.is_wide)
        config = self.recipe.spec.features
        yield "    for number, name in enumerate(TEXTS):"
        yield "        if is_wide(frame[name]):  # words carry their particles with them"
        wide = self._written(pipeline.text_step(config, wide=True), 12)
        yield f"            step = {wide}"
        yield "        else:"
        plain = self._written(pipeline.text_step(config, wide=False), 12)
        yield f"            step = {plain}"
        yield f'        blocks.append((f"{pipeline.TEXT}{{number}}", step, name))'

    def _block(self, name: str, step: Any, columns: str, *, deeper: int = 0) -> Iterator[str]:
        indent = " " * (4 + deeper)
        yield f"{indent}step = {self._written(step, len(indent))}"
        yield f'{indent}blocks.append(("{name}", step, {columns}))'

    def _written(self, step: Any, indent: int) -> str:
        return self.renderer.write(step, indent, indent + len("return "))

    # The model ------------------------------------------------------------------------------------

    def _model(self) -> Iterator[str]:
        yield "def make_model(seed):"
        yield f"    return {self._written(self.model, 4)}"

    def _fit(self) -> Iterator[str]:
        yield "def fit(table, rows, seed):"
        yield '    """Preparation and model, fitted on these rows and on nothing else."""'
        yield "    frame, y = table.frame.iloc[rows], table.y[rows]"
        more = ""
        if self._needs_kind:
            yield '    kind_of_target = "binary" if len(np.unique(y)) == 2 else "multiclass"'
            more = ", kind_of_target"
        yield f"    preparation = make_preparation(frame, seed{more})"
        yield "    design = preparation.fit_transform(frame, y)"
        yield "    model = make_model(seed)"
        if self.categories and pipeline.NATIVE in self.encodings:
            yield "    for name, _step, columns in preparation.transformers:"
            yield f'        if name == "{pipeline.NATIVE}":  # they come first'
            yield "            model.set_params(categorical_features=list(range(len(columns))))"
        settings = self.model.get_params(deep=False)  # type: ignore[attr-defined]
        if "n_neighbors" in settings:
            yield "    model.set_params(n_neighbors=min(model.n_neighbors, len(rows)))"
        if settings.get("early_stopping") is True:
            self.bundle.add(can_set_aside)
            yield "    if not can_set_aside(model, y):"
            yield "        model.set_params(early_stopping=False)"
        yield "    model.fit(design, y)"
        if "n_jobs" in settings:
            yield "    model.set_params(n_jobs=1)  # more threads would add trees up in any order"
        yield '    return Pipeline([("prepare", preparation), ("model", model)])'
