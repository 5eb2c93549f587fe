"""``python -m mlops_core.predicting MEMORY_MB``: the predictor process.

Reads a ``Subject`` and then questions from its standard input, one JSON line each, and answers on
its standard output. It leaves when its input ends, or has been silent for ten minutes.
"""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Iterator
from select import select
from typing import BinaryIO, TextIO

from pydantic import BaseModel

from mlops_core.domain.predicting import QUESTION, Ready, Refusal, Subject
from mlops_core.errors import MlopsError, StoreError
from mlops_core.i18n import _, use_language
from mlops_core.runners.limits import MB

SILENCE_SECONDS = 600.0


def main(arguments: list[str]) -> int:
    """Answer until nobody asks any more; gives the exit code."""
    # A backstop for one huge request between two looks of the caller at the memory.
    limit = 4 * int(arguments[0]) * MB
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Whatever a library prints must not stand between the answers.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)
        return _serve(_lines(sys.stdin.buffer), answers)


def _serve(lines: Iterator[bytes], answers: TextIO) -> int:
    told = next(lines, None)
    if told is None:
        return 0
    subject = Subject.model_validate_json(told)
    use_language(subject.language)
    try:
        from mlops_core.predicting.work import Model

        model = Model(subject)
    except (MlopsError, MemoryError) as error:
        _say(answers, _refusal(error))
        return 1
    _say(answers, Ready())
    for line in lines:
        try:
            _say(answers, model.answer(QUESTION.validate_json(line)))
        except (MlopsError, MemoryError) as error:
            _say(answers, _refusal(error))
    return 0


def _lines(source: BinaryIO) -> Iterator[bytes]:
    """Whole lines, until there is no more or nothing has come for long."""
    left = b""
    while select([source], [], [], SILENCE_SECONDS)[0]:
        part = os.read(source.fileno(), 1 << 16)
        if not part:
            return
        *whole, left = (left + part).split(b"\n")
        yield from whole


def _say(answers: TextIO, answer: BaseModel) -> None:
    print(answer.model_dump_json(), file=answers, flush=True)


def _refusal(error: MlopsError | MemoryError) -> Refusal:
    if isinstance(error, MemoryError):
        error = StoreError(
            _("Asking the model needs more memory than its run was given."),
            _("Run it again with more memory, and ask the new run."),
        )
    return Refusal(error=type(error).__name__, message=error.message, hint=error.hint)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
