"""Files on their way in: progress that everybody sees, a way out, several at once."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import SLOW, RunningApp, Watched

pytestmark = [pytest.mark.browser, pytest.mark.process]

ROWS = 1_500_000  # read for some seconds, so that there is something to see


def large(folder: Path) -> Path:
    path = folder / "readings.csv"
    cells = ("12.5,Seoul,2024-01-31,yes\n", "0.25,부산,2023-07-05,no\n")
    with path.open("w", encoding="utf-8") as out:
        out.write("number,value,city,day,left\n")
        out.writelines(f"{row},{cells[row % 2]}" for row in range(ROWS))
    return path


def test_an_import_is_seen_by_all_and_can_be_cancelled(
    app: RunningApp, watched: Watched, tmp_path: Path
) -> None:
    page = watched.page
    page.goto(f"{app.url}/data?view=import")
    page.get_by_text("From the server").click()
    field = page.get_by_role("textbox", name="Path of the file")
    field.fill(str(large(tmp_path)))
    field.press("Enter")
    expect(page.get_by_text("As it would be read")).to_be_visible()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text(re.compile(r"(types|rows|table) · \d+.%"))).to_be_visible()
    watched.screenshot("import-going-on")

    assert page.context.browser is not None
    colleague = page.context.browser.new_page()
    colleague.goto(f"{app.url}/data?view=all")
    expect(colleague.get_by_text("1 going on")).to_be_visible()
    colleague.get_by_role("button", name="Cancel").click()
    expect(colleague.get_by_text("1 going on")).to_be_hidden(timeout=SLOW)
    colleague.close()
    # Its own page says so, has its form as it was, and the same file can be tried again.
    expect(page.get_by_text("The import was cancelled. Nothing was added.")).to_be_visible()
    expect(field).to_have_value(str(tmp_path / "readings.csv"))
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("1 500 000 rows and 5 columns were read")).to_be_visible(timeout=SLOW)
    assert not list((app.home / "datasets").glob(".import-*"))


def test_several_files_become_datasets_and_the_broken_one_says_why(
    app: RunningApp, watched: Watched, tmp_path: Path
) -> None:
    (tmp_path / "매출.csv").write_bytes("이름;값\n가;1,5\n나;2,5\n".encode("cp949"))
    (tmp_path / "costs.csv").write_text("id,cost\n1,2\n2,3\n", encoding="utf-8")
    (tmp_path / "scan.csv").write_bytes(b"%PDF-1.7 and more")
    page = watched.page
    page.goto(f"{app.url}/data?view=import")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a file").click()
    chooser.value.set_files([tmp_path / name for name in ("매출.csv", "costs.csv", "scan.csv")])
    page.get_by_role("button", name="Import 3 files").click()
    page.wait_for_url(re.compile(r"view=all"))
    expect(page.get_by_text("This is a PDF document")).to_be_visible(timeout=SLOW)
    expect(page.get_by_text(re.compile(r"\d going on"))).to_be_hidden(timeout=SLOW)
    command = [sys.executable, "-m", "mlops_core", "dataset", "list", "--json"]
    known = subprocess.run(
        command, env={**os.environ, "MLOPS_HOME": str(app.home)}, capture_output=True, check=True
    )
    assert {"매출", "costs"} <= {one["name"] for one in json.loads(known.stdout)["datasets"]}
    page.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_text("This is a PDF document")).to_be_hidden()
