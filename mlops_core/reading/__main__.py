"""``python -m mlops_core.reading FOLDER PARENT MEMORY_MB``: the reader process.

Reads ``job.json`` and leaves ``result.json`` (exit code 0) or ``error.json`` (exit code 1). It dies
with the process PARENT, and with whoever started it.
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path
from threading import Lock

from mlops_core.domain.reading import JOB, Progress, ReadingError, ReadingPaths
from mlops_core.errors import MlopsError, StoreError
from mlops_core.i18n import _, use_language
from mlops_core.runners.limits import die_with
from mlops_core.runners.readers import data_limit, too_much_memory

TOLD_EVERY = 0.2  # seconds


class _Teller:
    """Writes ``progress.json``, a few times a second; more than one thread may tell."""

    def __init__(self, paths: ReadingPaths) -> None:
        self._path, self._step, self._at = paths.progress, "", 0.0
        self._lock = Lock()

    def __call__(self, step: str, share: float) -> None:
        with self._lock:
            now = time.monotonic()
            if step == self._step and now - self._at < TOLD_EVERY:
                return
            self._step, self._at = step, now
            _write(self._path, Progress(step=step, share=round(share, 3)).model_dump_json())


def main(arguments: list[str]) -> int:
    """Do what the folder's ``job.json`` says; gives the exit code."""
    folder, parent, memory_mb = arguments
    die_with(int(parent))
    # A backstop for one huge request between two looks of the caller at the memory.
    limit = data_limit(int(memory_mb))
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    paths = ReadingPaths(Path(folder))
    try:
        from mlops_core.reading.work import RESULTS, perform

        job = JOB.validate_json(paths.job.read_bytes())
        use_language(job.language)
        result = perform(job, paths.folder, _Teller(paths))
        _write(paths.result, RESULTS[job.kind].dump_json(result).decode())
    except MlopsError as error:
        return _failed(paths, error)
    except MemoryError:
        return _failed(paths, too_much_memory(int(memory_mb)))
    except OSError as error:
        return _failed(paths, _disk(error))
    return 0


def _disk(error: OSError) -> StoreError:
    return StoreError(
        _("A file could not be read or written: {reason}.").format(reason=error.strerror or error),
        _("Check that the disk has room and that the data folder may be written to."),
    )


def _failed(paths: ReadingPaths, error: MlopsError) -> int:
    told = ReadingError(
        kind=type(error).__name__, message=error.message, hint=error.hint, field=error.field
    )
    _write(paths.error, told.model_dump_json())
    return 1


def _write(path: Path, text: str) -> None:
    """Beside ``path``, then renamed there: whoever looks sees all of it or nothing."""
    beside = path.with_name(f"{path.name}.part")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
