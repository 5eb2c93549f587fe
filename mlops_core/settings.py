"""What can be set from outside: environment variables, read once when a workspace is opened."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mlops_core.errors import InvalidInput

OWNER_LENGTH = 60  # as wide as the column


class Bounds(BaseModel):
    """The smallest and largest allocation a run may ask for."""

    model_config = ConfigDict(frozen=True)

    min_cpu_cores: int = 1
    max_cpu_cores: int = 32
    min_memory_gb: float = 1.0
    max_memory_gb: float = 128.0
    max_gpus: int = 8
    max_gpu_memory_gb: float = 32.0
    min_time_limit_hours: float = 0.1
    max_time_limit_hours: float = 168.0


def _login() -> str:
    """The name of the account that this process runs under."""
    try:
        return getpass.getuser()[:OWNER_LENGTH]
    except (KeyError, OSError):  # a container may run under a number without a name
        return "analyst"


class Settings(BaseModel):
    """Everything that is configurable.

    Attributes:
        home: Holds the database, datasets, runs and logs.
        owner: Whose runs these are, where a person does not say another name.
    """

    model_config = ConfigDict(frozen=True)

    home: Path
    database_url: str
    bounds: Bounds = Field(default_factory=Bounds)
    max_upload_gb: float = Field(default=20.0, gt=0)
    import_memory_mb: int = Field(default=512, ge=128)
    run_disk_gb: float = Field(default=10.0, gt=0)
    scheduler_idle_seconds: float = Field(default=20.0, ge=0)
    stop_grace_seconds: float = Field(default=3.0, ge=0)
    warm_spare: bool = True
    control_groups: bool = True
    owner: str = Field(default_factory=_login, min_length=1, max_length=OWNER_LENGTH)


# One table from the environment to the model: a setting that is not here cannot be set.
BOUND_VARIABLES: dict[str, str] = {
    "MLOPS_MIN_CPU_CORES": "min_cpu_cores",
    "MLOPS_MAX_CPU_CORES": "max_cpu_cores",
    "MLOPS_MIN_MEMORY_GB": "min_memory_gb",
    "MLOPS_MAX_MEMORY_GB": "max_memory_gb",
    "MLOPS_MAX_GPUS": "max_gpus",
    "MLOPS_MAX_GPU_MEMORY_GB": "max_gpu_memory_gb",
    "MLOPS_MIN_TIME_LIMIT_HOURS": "min_time_limit_hours",
    "MLOPS_MAX_TIME_LIMIT_HOURS": "max_time_limit_hours",
}
VARIABLES: dict[str, str] = {
    "MLOPS_HOME": "home",
    "DATABASE_URL": "database_url",
    "MLOPS_MAX_UPLOAD_GB": "max_upload_gb",
    "MLOPS_IMPORT_MEMORY_MB": "import_memory_mb",
    "MLOPS_RUN_DISK_GB": "run_disk_gb",
    "MLOPS_SCHEDULER_IDLE_SECONDS": "scheduler_idle_seconds",
    "MLOPS_STOP_GRACE_SECONDS": "stop_grace_seconds",
    "MLOPS_WARM_SPARE": "warm_spare",
    "MLOPS_CONTROL_GROUPS": "control_groups",
    "MLOPS_OWNER": "owner",
}


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from ``environ`` (default: this process's).

    Raises:
        InvalidInput: a variable does not hold what it should; ``field`` is its name.
    """
    env = os.environ if environ is None else environ
    home = Path(env.get("MLOPS_HOME") or "data").expanduser().resolve()
    values: dict[str, object] = {
        field: env[name] for name, field in VARIABLES.items() if env.get(name)
    }
    values["home"] = home
    values.setdefault("database_url", f"sqlite:///{home / 'mlops.db'}")
    bounds = {field: env[name] for name, field in BOUND_VARIABLES.items() if env.get(name)}
    try:
        return Settings.model_validate({**values, "bounds": Bounds.model_validate(bounds)})
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][-1]) if first["loc"] else ""
        names = {field: name for name, field in {**VARIABLES, **BOUND_VARIABLES}.items()}
        name = names.get(field, field)
        raise InvalidInput(
            f"The environment variable {name} is {env.get(name)!r}: {first['msg'].lower()}.",
            "Correct it or remove it to use the default.",
            field=name,
        ) from None
