"""``python -m mlops_core.training RUN_FOLDER``: the trainer process.

Reads ``spec.json`` and leaves ``result.json`` (exit code 0) or ``error.json`` (exit code 1). How
many threads the libraries use is decided by the environment it is started in. With ``--spare`` it
loads its libraries first and waits for its run.
"""

from __future__ import annotations

import faulthandler
import sys
import traceback
from pathlib import Path

from pydantic import ValidationError

from mlops_core.domain.events import WAITS, RunPaths, TrainerJob
from mlops_core.domain.results import TrainingError
from mlops_core.errors import InvalidInput, MlopsError
from mlops_core.training.events import EventWriter


def main(arguments: list[str]) -> int:
    """Train what the folder's ``spec.json`` says; gives the exit code."""
    if len(arguments) != 1:
        print("Usage: python -m mlops_core.training RUN_FOLDER", file=sys.stderr)
        return 2
    if arguments[0] == WAITS:
        from mlops_core.training.spare import wait_for_orders

        folder = wait_for_orders()
        if folder is None:
            return 0
        arguments = [folder]
    from mlops_core.training.train import train_with, write_whole

    paths = RunPaths(Path(arguments[0]))
    with EventWriter(paths.events) as events:
        try:
            train_with(_read_job(paths), paths, events)
        except Exception as error:  # noqa: BLE001 - every fault must reach the run's record
            failure = describe_failure(error, events.phase_name)
            events.log(failure.message, level="error")
            write_whole(paths.error, failure)
            traceback.print_exc()
            return 1
    return 0


def describe_failure(error: Exception, phase: str) -> TrainingError:
    """What ``error.json`` says about ``error``: a sentence for any kind of fault."""
    trace = "".join(traceback.format_exception(error))
    if isinstance(error, MlopsError):
        message, hint, trace = error.message, error.hint, ""
    elif isinstance(error, MemoryError):
        message = "The training asked for more memory than there was."
        hint = "Give it more memory, or use fewer columns or a smaller model."
    elif isinstance(error, OSError):
        message = f"A file could not be read or written: {error.strerror or error}."
        hint = "Check that the disk has room and that the workspace may be written to."
    else:
        message = f"The training stopped with an unexpected error ({type(error).__name__})."
        hint = "The log of this run has the details."
    return TrainingError(
        kind=type(error).__name__, message=message, hint=hint, phase=phase, traceback=trace
    )


def _read_job(paths: RunPaths) -> TrainerJob:
    try:
        return TrainerJob.model_validate_json(paths.spec.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InvalidInput("The run's folder has no spec.json.", "Start the run again.") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(
            f"The run's spec.json cannot be used: {where}: {first['msg']}.", "Start the run again."
        ) from None


if __name__ == "__main__":
    faulthandler.enable()  # a crash inside a library leaves in stderr.log where it was
    sys.exit(main(sys.argv[1:]))
