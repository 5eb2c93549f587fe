"""Following a file of events that another process writes, well or badly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_core.domain.events import MetricEvent, PhaseEvent, ProgressEvent
from mlops_core.supervision.tail import LONGEST_LINE, READ_BYTES, Points, Tail, parse


def line(**event: object) -> bytes:
    return json.dumps({"t": 1.0, **event}).encode() + b"\n"


def progress(done: float) -> bytes:
    return line(kind="progress", done=done)


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def test_a_file_that_is_not_there_yet_has_no_events(tmp_path: Path) -> None:
    assert Tail(tmp_path / "events.jsonl").read() == []


def test_half_a_line_waits_for_its_other_half(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    tail = Tail(path)
    whole = progress(0.5)
    append(path, progress(0.1) + whole[:9])
    assert tail.read() == [ProgressEvent(t=1.0, done=0.1)]
    append(path, whole[9:])
    assert tail.read() == [ProgressEvent(t=1.0, done=0.5)]
    assert tail.read() == []


@given(st.lists(st.floats(0, 1), max_size=8), st.lists(st.integers(1, 60), max_size=20))
def test_however_it_is_cut_the_same_events_come_out(
    tmp_path_factory: pytest.TempPathFactory, values: list[float], cuts: list[int]
) -> None:
    path = tmp_path_factory.mktemp("tail") / "events.jsonl"
    data = b"".join(progress(value) for value in values)
    tail, found = Tail(path), []
    for cut in [*cuts, len(data)]:
        append(path, data[:cut])
        data = data[cut:]
        found += tail.read()
    assert [event.done for event in found if isinstance(event, ProgressEvent)] == values


def test_a_flood_is_read_in_parts_and_read_all_takes_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    one = progress(0.25)
    count = READ_BYTES // len(one) * 2
    append(path, one * count)
    tail = Tail(path)
    first = tail.read()
    assert 0 < len(first) < count
    assert len(first) + len(tail.read_all()) == count


def test_a_line_without_an_end_does_not_grow_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    append(path, b"x" * LONGEST_LINE * 4)
    tail = Tail(path)
    assert tail.read() == []
    append(path, b"\n" + progress(1.0))
    assert tail.read() == [ProgressEvent(t=1.0, done=1.0)]


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"nothing",
        b"[]",
        b"\xff\xfe",
        line(kind="unknown"),
        line(kind="progress", done=1.5),
        line(kind="progress", done="x"),
        b'{"t": 1e300, "kind": "progress", "done": 0.5}',
        b'{"t": -1, "kind": "progress", "done": 0.5}',
        b'{"t": 1, "kind": "metric", "name": "a", "value": NaN}',
        b'{"t": 1, "kind": "metric", "name": "a", "value": Infinity}',
        line(kind="metric", name="a" * 41, value=1.0),
        line(kind="metric", name="a", value=1.0, step=2**31),
        line(kind="metric", name="a", value=1.0, fold=-1),
    ],
)
def test_what_is_no_event_is_left_out(garbage: bytes) -> None:
    assert parse(garbage) is None


def test_events_keep_what_they_say() -> None:
    assert parse(line(kind="phase", phase="fold", fold=2, of=5)) == PhaseEvent(
        t=1.0, phase="fold", fold=2, of=5
    )


def metric(step: int, fold: int = 1) -> MetricEvent:
    return MetricEvent(t=1.0, name="loss", fold=fold, step=step, value=0.5)


def test_a_series_is_kept_whole_up_to_500_points_and_thinned_after() -> None:
    points = Points()
    kept = [point for step in range(100_000) if (point := points.keep(metric(step)))]
    assert [point.step for point in kept[:500]] == list(range(500))
    assert [point.seq for point in kept] == list(range(1, len(kept) + 1))
    assert len(kept) < 2600
    steps = [point.step for point in kept]
    assert steps == sorted(steps)
    assert steps[-1] > 99_000


def test_each_fold_is_a_series_of_its_own() -> None:
    points = Points()
    for fold in (1, 2):
        assert all(points.keep(metric(step, fold)) for step in range(500))


def test_a_run_keeps_no_more_than_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Points, "RUN", 10)
    points = Points()
    kept = [points.keep(metric(0, fold)) for fold in range(20)]
    assert sum(point is not None for point in kept) == 10
