"""Small tables to add, and experiments that use things."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import insert

from mlops_core.domain.configs import ExperimentConfig, ExperimentModel, ModelConfig
from mlops_core.domain.params import Task
from mlops_core.store.tables import experiment, experiment_model
from mlops_core.store.workspace import Workspace


def csv(folder: Path, name: str = "churn.csv", *, rows: int = 40, extra: str = "") -> Path:
    """A table with an age, a plan, an amount and whether a customer left.

    ``extra`` is the name of one more column.
    """
    lines = ["age,plan,amount,churned" + (f",{extra}" if extra else "")]
    for row in range(rows):
        line = f"{20 + row * 7 % 50},{'basic' if row % 3 else 'plus'},{row * 1.5},"
        lines.append(line + ("left" if row % 4 else "stays") + (f",{row % 5}" if extra else ""))
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def use(
    ws: Workspace,
    dataset_id: int,
    *,
    name: str = "first",
    feature_set_id: int | None = None,
    model_version_id: int | None = None,
    resource_profile_id: int | None = None,
) -> int:
    """A planned experiment v1.2.0 that uses these."""
    model = ExperimentModel(name="m", config=ModelConfig(algorithm="dummy"))
    config = ExperimentConfig(
        dataset_id=dataset_id, target="churned", task=Task.CLASSIFICATION, models=(model,)
    )
    with ws.begin() as connection:
        values = {"major": 1, "minor": 2, "patch": 0, "created_at": ws.now()}
        values |= {"task": "classification", "config": config.model_dump(mode="json")}
        experiment_id: int = connection.execute(
            insert(experiment)
            .values(
                name=name,
                dataset_id=dataset_id,
                feature_set_id=feature_set_id,
                resource_profile_id=resource_profile_id,
                **values,
            )
            .returning(experiment.c.id)
        ).scalar_one()
        connection.execute(
            insert(experiment_model).values(
                experiment_id=experiment_id,
                position=0,
                name="m",
                algorithm="dummy",
                model_version_id=model_version_id,
            )
        )
    return experiment_id
