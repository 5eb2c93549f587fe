"""Readers as real processes: what they give, and how they end."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread

import psutil
import pytest

from mlops_core.errors import Cancelled, InvalidInput, StoreError
from mlops_core.services import arrivals, datasets, litter
from mlops_core.services.reading import SMALL_BYTES, Watch
from mlops_core.store.workspace import Workspace
from tests.support import processes_of, wait_until

pytestmark = pytest.mark.process

CELLS = ("12.5,Seoul,yes\n", "0.25,Busan,no\n")


def big(folder: Path, rows: int = 120_000) -> Path:
    """A file that is not small: it is read by a process."""
    path = folder / "big.csv"
    with path.open("w", encoding="utf-8") as out:
        out.write("number,price,city,left\n")
        out.writelines(f"{row},{CELLS[row % 2]}" for row in range(rows))
    assert path.stat().st_size > SMALL_BYTES
    return path


def readers() -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["cmdline", "ppid"]):
        if "mlops_core.reading" in (process.info["cmdline"] or ()):
            found.append(process)
    return [one for one in found if one.info["ppid"] == os.getpid()]


def in_a_thread(call: Callable[[], object]) -> tuple[Thread, list[BaseException]]:
    errors: list[BaseException] = []

    def work() -> None:
        try:
            call()
        except (StoreError, Cancelled) as error:
            errors.append(error)

    thread = Thread(target=work)
    thread.start()
    return thread, errors


def nothing_left(ws: Workspace) -> bool:
    return not list(ws.datasets.iterdir()) and not readers()


def test_a_process_reads_what_is_not_small(workspace: Workspace, tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []
    added = datasets.add_file(
        workspace,
        big(tmp_path),
        target="left",
        watch=Watch(tell=lambda step, share: told.append((step, share))),
    )
    assert (added.rows, added.column_count, added.target) == (120_000, 4, "left")
    assert [column.type for column in added.columns] == ["integer", "number", "text", "boolean"]
    assert "identifier_like" in {finding.code for finding in added.findings}
    kept = {one.name for one in added.table_path.parent.iterdir()}
    assert kept == {"original", "table.parquet", "relations.json"}
    shares = [share for _step, share in told]
    assert shares == sorted(shares)
    assert len(told) > 1
    assert not readers()


def test_reading_ends_when_nobody_wants_it(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        datasets.add_file(workspace, big(tmp_path), watch=Watch(cancelled=lambda: bool(readers())))
    assert nothing_left(workspace)


def test_a_reader_that_is_killed_leaves_nothing(workspace: Workspace, tmp_path: Path) -> None:
    path = big(tmp_path, rows=600_000)
    thread, errors = in_a_thread(lambda: datasets.add_file(workspace, path))
    wait_until(readers, what="a reader works")
    readers()[0].send_signal(signal.SIGKILL)
    thread.join(30)
    assert "SIGKILL" in str(errors[0])
    assert nothing_left(workspace)


def test_a_killed_shell_takes_its_reader_along(
    workspace: Workspace, home: Path, tmp_path: Path
) -> None:
    path = big(tmp_path, rows=600_000)
    command = [sys.executable, "-m", "mlops_core", "dataset", "add", str(path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as shell:
        found: list[psutil.Process] = []

        def reading() -> bool:
            found[:] = psutil.Process(shell.pid).children()
            return bool(found) and any(workspace.datasets.glob(".import-*/original"))

        wait_until(reading, what="its reader works")
        shell.send_signal(signal.SIGKILL)
    wait_until(lambda: not any(one.is_running() for one in found), what="the reader is gone")
    assert any(workspace.datasets.iterdir())
    assert litter.sweep(workspace) == 1
    assert not list(workspace.datasets.iterdir())
    assert datasets.list_datasets(workspace) == ()
    assert not processes_of(home)


def test_a_sheet_of_a_billion_cells_is_told_to_need_too_much_memory(
    workspace: Workspace, tmp_path: Path
) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w") as book:
        main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        package = "http://schemas.openxmlformats.org/package/2006/relationships"
        book.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}"><Relationship Id="r1"'
            f' Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        book.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
            '<sheet name="one" sheetId="1" r:id="r1"/></sheets></workbook>',
        )
        book.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}"><Relationship Id="r1" Type="{office}/worksheet"'
            ' Target="worksheets/sheet1.xml"/></Relationships>',
        )
        cells = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576">'
        book.writestr(
            "xl/worksheets/sheet1.xml",
            f'<worksheet xmlns="{main}"><sheetData>{cells}<v>2</v></c></row></sheetData>'
            "</worksheet>",
        )
    with pytest.raises(StoreError, match="512 MB of memory"):
        datasets.add_file(workspace, path)
    with pytest.raises(StoreError, match="512 MB of memory"):
        arrivals.look(workspace, path)
    assert nothing_left(workspace)


def test_what_is_no_table_is_said_by_the_reader_too(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(b"%PDF-1.7\n" + bytes(SMALL_BYTES + 1))
    with pytest.raises(InvalidInput, match="PDF") as caught:
        datasets.add_file(workspace, path)
    assert caught.value.field == "file"
    assert nothing_left(workspace)


def test_five_thousand_columns_fit(workspace: Workspace, tmp_path: Path) -> None:
    # The engine sets memory aside for each column, which must not count as if it were used.
    path = tmp_path / "wide.csv"
    names = ",".join(f"v{place}" for place in range(5000))
    cells = ("a,12,7.5,b,340," * 1000).rstrip(","), ("b,17,1.25,a,560," * 1000).rstrip(",")
    path.write_text("\n".join([names, *(cells[row % 2] for row in range(60))]) + "\n")
    added = datasets.add_file(workspace, path)
    assert (added.rows, added.column_count) == (60, 5000)


def test_a_large_table_is_written_by_a_process(workspace: Workspace, tmp_path: Path) -> None:
    path = big(tmp_path, rows=400_000)
    added = datasets.add_file(workspace, path)
    datasets.export(workspace, added.id, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == path.read_text()


def test_the_shell_shows_how_far_it_is_only_to_a_person(home: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mlops_core", "dataset", "add", str(big(tmp_path)), "--json"]
    screen, terminal = os.openpty()
    with os.fdopen(screen, "rb", buffering=0) as shown:
        ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=terminal, check=True)
        os.close(terminal)
        text = b""
        with suppress(OSError):  # the end of a terminal is an error
            while part := shown.read(65536):
                text += part
    assert "big.csv" in text.decode() and re.search(r"\d+ %", text.decode())
    assert json.loads(ended.stdout)["rows"] == 120_000
    ended = subprocess.run(command, capture_output=True, check=True)
    assert ended.stderr == b""
