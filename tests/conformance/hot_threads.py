"""A trainer process that counts its own hot threads, one algorithm after another.

    python -m tests.conformance.hot_threads TABLE FOLDER

Started with the environment of a run; prints a JSON object: for each algorithm and task how many
threads worked at the same time, and for ``control`` the same of a forest that was told to use two.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from statistics import median_low

LOOK = 0.01  # seconds
STRETCH = 20  # looks


class HotThreads(threading.Thread):
    """Counts the threads of this process and of its children that work or wait for a core.

    Not by their processor time: on a busy machine two threads share what one could have.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most = 0  # the largest number that worked through half of a stretch
        self._leave = threading.Event()

    def run(self) -> None:
        me = str(threading.get_native_id())
        seen: deque[int] = deque(maxlen=STRETCH)
        while not self._leave.wait(LOOK):
            seen.append(_runnable(me))
            if len(seen) == STRETCH:
                self.most = max(self.most, median_low(seen))

    def stop(self) -> int:
        self._leave.set()
        self.join()
        return self.most


def _runnable(me: str) -> int:
    found = 0
    processes = [str(os.getpid())]
    while processes:
        pid = processes.pop()
        for task in Path(f"/proc/{pid}/task").glob("*"):
            try:
                state = (task / "stat").read_text().rpartition(")")[2].split()[0]
                processes += (task / "children").read_text().split()
            except OSError:
                continue  # it has ended meanwhile
            found += task.name != me and state == "R"
    return found


def counted(work: Callable[[], object]) -> int:
    watcher = HotThreads()
    watcher.start()
    work()
    return watcher.stop()


def main(table: Path, folder: Path) -> None:
    import numpy as np
    from sklearn.ensemble import RandomForestClassifier

    from mlops_core.algorithms import algorithms_for
    from mlops_core.domain.params import Task
    from mlops_core.training.train import train
    from tests.conformance.tables import ROLES, job_for

    found = {}
    for task, target in ((Task.CLASSIFICATION, "grade"), (Task.REGRESSION, "amount")):
        for algorithm in algorithms_for(task):
            place = folder / f"{algorithm.key}-{task}"
            place.mkdir()
            job = job_for(table, ROLES, algorithm=algorithm.key, task=task, target=target)
            found[place.name] = counted(lambda job=job, place=place: train(job, place))
    luck = np.random.default_rng(0)
    rows, classes = luck.normal(size=(20_000, 8)), luck.integers(0, 2, 20_000)
    forest = RandomForestClassifier(n_estimators=16, n_jobs=2)
    found["control"] = counted(lambda: forest.fit(rows, classes))
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
