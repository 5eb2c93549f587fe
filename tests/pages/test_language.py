"""The reader's language, also where a page does not run from its beginning."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from mlops_core.i18n import use_language
from mlops_core.services import datasets
from tests.pages.lab import Lab, open_page


def test_what_a_click_answers_is_in_the_language_of_its_reader(lab: Lab) -> None:
    rows = "\n".join(f"{place},same,{place % 2}" for place in range(200))
    path = lab.folder / "fixed.csv"
    path.write_text(f"size,fixed,left\n{rows}\n", encoding="utf-8")
    dataset = datasets.add_file(lab.ws, path)
    at = open_page("data", dataset=dataset.id, lang="ko")
    use_language("ko")  # the test reads the page's widgets, and only those
    try:
        click(at)
    finally:
        use_language("en")
    assert not at.exception
    assert "fixed 열을 다시" in "".join(toast.value for toast in at.toast)


def click(at: AppTest) -> None:
    fix = next(one for one in at.button if (one.key or "").startswith("undo_settled_constant"))
    fix.click().run()
