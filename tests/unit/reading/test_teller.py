"""How a reader tells how far it is."""

from __future__ import annotations

from pathlib import Path
from threading import Thread

from mlops_core.domain.reading import Progress, ReadingPaths
from mlops_core.reading.__main__ import _Teller


def test_two_threads_may_tell_at_once(tmp_path: Path) -> None:
    tell, failures = _Teller(ReadingPaths(tmp_path)), list[OSError]()

    def keep_telling(steps: tuple[str, str]) -> None:
        try:
            for turn in range(300):
                tell(steps[turn % 2], turn / 300)
        except OSError as error:
            failures.append(error)

    tellers = [
        Thread(target=keep_telling, args=(steps,)) for steps in (("a", "b"), ("c", "d"), ("e", "f"))
    ]
    for teller in tellers:
        teller.start()
    for teller in tellers:
        teller.join()
    assert failures == []
    assert Progress.model_validate_json(ReadingPaths(tmp_path).progress.read_bytes()).step in "bdf"
