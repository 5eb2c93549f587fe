"""``machine`` and ``migrate``: what is here, and the database brought up to date."""

from __future__ import annotations

from mlops_core.cli.datasets import Json
from mlops_core.cli.plain import say


def machine(as_json: Json = False) -> None:
    """Show what this machine has for runs and how limits are enforced on it."""
    from mlops_core.cli.output import facts, print_json, workspace
    from mlops_core.services import resources

    found = resources.machine(workspace())
    if as_json:
        print_json({"machine": found})
        return
    facts(
        (
            ("cores", found.cores),
            ("memory", f"{found.memory_gb:.1f} GB, {found.memory_free_gb:.1f} GB free"),
            ("GPUs", [f"{gpu.name} ({gpu.memory_gb:.0f} GB)" for gpu in found.gpus] or "none"),
            ("processor", found.cpu_model),
            ("system", found.platform),
            ("disk free", f"{found.disk_free_gb:.1f} GB"),
        )
    )
    for one in found.enforcement:
        say(f"{one.resource} limit, {one.layer}: {one.how}")


def migrate(as_json: Json = False) -> None:
    """Make the data folder and bring its database up to date."""
    from mlops_core.cli.output import print_json, workspace
    from mlops_core.store import migrations

    ws = workspace()
    if as_json:
        print_json({"home": ws.home, "revision": migrations.head()})
    else:
        say(f"{ws.home} is up to date (revision {migrations.head()}).")
