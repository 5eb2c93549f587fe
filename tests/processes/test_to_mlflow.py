"""A run in an MLflow store, read back by MLflow's own client, which does not know this app."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.processes.shell import shell
from tests.processes.test_takeaway import spec

pytestmark = pytest.mark.process

# Told the store and the exported table; isolated, so that nothing but the model brings our code.
READ_BACK = """
import json, os, sys
os.environ.update(MLFLOW_DISABLE_TELEMETRY="true", DO_NOT_TRACK="true", GIT_PYTHON_REFRESH="quiet")
import mlflow, pandas as pd
uri, table, predictions = sys.argv[1:]
mlflow.set_tracking_uri(uri)
client = mlflow.MlflowClient()
experiment = client.get_experiment_by_name("away")
(run,) = client.search_runs([experiment.experiment_id])
(model,) = client.search_logged_models([experiment.experiment_id])
frame, said = pd.read_parquet(table), pd.read_parquet(predictions)
held = said[said["fold"] == 0]
again = mlflow.pyfunc.load_model(f"models:/{model.model_id}").predict(frame.iloc[held["row"]])
history = client.get_metric_history(run.info.run_id, "by_fold/roc_auc")
print(json.dumps({
    "status": run.info.status,
    "name": run.info.run_name,
    "params": run.data.params,
    "metrics": run.data.metrics,
    "tags": run.data.tags,
    "files": sorted(file.path for file in client.list_artifacts(run.info.run_id)),
    "dataset": [one.dataset.name for one in run.inputs.dataset_inputs],
    "folds": [[point.step, point.value] for point in history],
    "model_run": model.source_run_id == run.info.run_id,
    "same": list(again) == list(held["predicted"]),
    "rows": len(held),
}))
"""


def read_back(folder: Path, *arguments: str | Path) -> dict[str, Any]:
    found = subprocess.run(
        [sys.executable, "-I", "-c", READ_BACK, *map(str, arguments)],
        capture_output=True, text=True, check=False, cwd=folder, timeout=120,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    told: dict[str, Any] = json.loads(found.stdout.splitlines()[-1])
    return told


def test_a_run_is_found_in_mlflow_with_its_model(home: Path, tmp_path: Path) -> None:
    ran = json.loads(shell("run", spec(tmp_path), "--json").stdout)
    store = f"sqlite:///{tmp_path / 'mlflow.db'}"
    told = json.loads(shell("runs", "to-mlflow", 1, 1, "--uri", store, "--json").stdout)
    sent, again = told["runs"]
    assert (sent["run_id"], sent["experiment"], sent["existed"]) == (1, "away", False)
    assert shell("dataset", "export", 1, tmp_path / "table.parquet").returncode == 0
    there = read_back(
        tmp_path, store, tmp_path / "table.parquet", home / "runs" / "1" / "predictions.parquet"
    )
    assert (there["status"], there["name"]) == ("FINISHED", "Logistic regression 1")
    assert there["params"]["algorithm"] == "logistic_regression"
    assert there["params"]["evaluation.seed"] == "7"
    assert json.loads(there["params"]["features.roles"])["후기"] == "text"
    for name, value in ran["metrics"]["holdout"].items():
        assert there["metrics"][f"holdout/{name}"] == value
    folds = ran["metrics"]["cv"]["roc_auc"]
    assert there["metrics"]["folds_mean/roc_auc"] == folds["mean"]
    assert there["folds"] == [[number, value] for number, value in enumerate(folds["folds"], 1)]
    assert there["metrics"]["usage/peak_memory_mb"] == ran["usage"]["peak_memory_mb"]
    assert there["tags"]["mlops.digest"] == ran["digest"]
    assert {"spec.yaml", "report.html", "card.md", "script.py", "result.json"} <= set(
        there["files"]
    )
    assert there["dataset"] == [ran["dataset"]["name"]]
    assert there["model_run"] and there["same"] and there["rows"] == 30

    assert again["existed"] and again["mlflow_run_id"] == sent["mlflow_run_id"]
    refused = shell("runs", "to-mlflow", 1, "--uri", "nowhere://kim:secret@host")
    assert refused.returncode == 1
    assert "MLflow did not take the run" in refused.stderr
    assert "secret" not in refused.stderr and "Traceback" not in refused.stderr
