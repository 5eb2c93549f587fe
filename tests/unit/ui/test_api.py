"""The routes under /api: uploads, live numbers, downloads, headers."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Iterator
from importlib import import_module
from importlib.resources import files
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware

from mlops_core.services import datasets
from mlops_core.store.workspace import Workspace
from tests.pages.lab import Lab
from tests.support import wait_until
from tests.unit.ui.web import Answer, Client, serving
from ui import api, assets, index, upload
from ui.app_state import use_workspace
from ui.headers import SecurityHeaders
from ui.kept_files import COMPONENT, KeptFiles


@pytest.fixture
def ws(workspace: Workspace) -> Iterator[Workspace]:
    use_workspace(workspace)
    yield workspace
    use_workspace(None)


@pytest.fixture
def client(ws: Workspace) -> Iterator[Client]:
    routes = [api.API, *index.routes()]
    middleware = [Middleware(SecurityHeaders), Middleware(KeptFiles)]
    with serving(Starlette(routes=routes, middleware=middleware)) as found:
        yield found


def put(client: Client, name: str, body: bytes | Iterator[bytes], **headers: str) -> Answer:
    return client.send("PUT", "/api/uploads", {"name": name}, body, **headers)


# Uploads ------------------------------------------------------------------------------------------


def test_an_upload_arrives_whole_and_is_found_by_its_id(client: Client, ws: Workspace) -> None:
    body = b"a,b\n" * 3_000_000  # several batches
    answer = put(client, "고객 data.csv", body).json()
    found = upload.find(ws, answer["id"])
    assert found is not None
    assert (found.name, found.bytes) == ("고객 data.csv", len(body))
    assert found.sha256 == hashlib.sha256(body).hexdigest()
    assert found.path.read_bytes() == body
    assert not list(ws.uploads.glob("*.part"))


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "C:\\x\\passwd", "/abs/passwd", "a/../passwd"]
)
def test_a_name_with_a_path_stays_a_name(client: Client, ws: Workspace, name: str) -> None:
    found = upload.find(ws, put(client, name, b"x").json()["id"])
    assert found is not None and found.name == "passwd"
    assert found.path.parent.parent == ws.uploads


@pytest.mark.parametrize("name", ["", "..", "/", "\x00"])
def test_a_file_without_a_name_is_refused(client: Client, ws: Workspace, name: str) -> None:
    answer = put(client, name, b"x")
    assert answer.status == 400 and answer.json()["error"] == "The file needs a name."


def test_an_empty_file_is_refused_and_leaves_nothing(client: Client, ws: Workspace) -> None:
    answer = put(client, "a.csv", b"")
    assert answer.status == 400 and "is empty" in answer.json()["error"]
    assert not list(ws.uploads.iterdir())


def test_a_file_over_the_limit_is_refused_while_it_comes(
    client: Client, ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = ws.settings.model_copy(update={"max_upload_gb": 1e-6})
    monkeypatch.setattr(ws, "settings", small)
    announced = put(client, "a.csv", b"x" * 5000)
    unannounced = put(client, "a.csv", iter([b"x" * 700, b"x" * 700]))
    for answer in (announced, unannounced):
        assert answer.status == 400 and "larger than" in answer.json()["error"]
    assert not list(ws.uploads.iterdir())


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"sec_fetch_site": "cross-site"},
        {"origin": "null"},
        {"origin": "http://localhost:9999"},
    ],
)
def test_another_site_cannot_send_files(
    client: Client, ws: Workspace, headers: dict[str, str]
) -> None:
    assert put(client, "a.csv", b"x", **headers).status == 409
    removed = client.send("DELETE", "/api/uploads/" + "0" * 32, **headers)
    assert removed.status == 409
    assert not list(ws.uploads.iterdir())


def test_the_apps_own_page_can_send_files(client: Client) -> None:
    assert put(client, "a.csv", b"x", origin=f"http://localhost:{client.port}").status == 200


@pytest.mark.parametrize("id", ["..", "../runs", "0" * 31, "Z" * 32, "", "0" * 32])
def test_an_id_that_is_none_finds_and_removes_nothing(ws: Workspace, id: str) -> None:
    assert upload.find(ws, id) is None
    upload.forget(ws, id)
    assert ws.runs.exists()


def test_a_removed_upload_is_gone(client: Client, ws: Workspace) -> None:
    id = put(client, "a.csv", b"x").json()["id"]
    assert client.send("DELETE", f"/api/uploads/{id}").status == 204
    wait_until(lambda: upload.find(ws, id) is None, what="the upload is gone")


# Live and files -----------------------------------------------------------------------------------


@pytest.fixture
def lab(ws: Workspace, tmp_path: Path) -> Lab:
    return Lab(ws, tmp_path)


def test_a_second_look_brings_only_what_is_new(client: Client, lab: Lab) -> None:
    _experiment, (run_id,) = lab.experiment(lab.dataset())
    lab.run(run_id, points=12)
    first = client.get(f"/api/runs/{run_id}/live").json()
    assert len(first["points"]) == 12 and len(first["samples"]) == 12 and not first["final"]
    assert first["text"]["what"] == "Cross-validation, fold 2 of 5"
    cursors = {f"after_{name}": value for name, value in first["cursors"].items()}
    second = client.get(f"/api/runs/{run_id}/live", **cursors).json()
    assert second["points"] == second["samples"] == [] and second["cursors"] == first["cursors"]


def test_a_run_that_is_over_says_so(client: Client, lab: Lab) -> None:
    _experiment, (run_id,) = lab.experiment(lab.dataset())
    lab.end(run_id)
    answer = client.get(f"/api/runs/{run_id}/live").json()
    assert answer["final"] and answer["text"]["what"] == "Finished"
    assert "Hello" in answer["log"]


def test_an_unknown_run_is_not_found(client: Client) -> None:
    for path in ("/api/runs/7/live", "/api/runs/7/files/spec", "/api/runs/7/files/model"):
        answer = client.get(path)
        assert answer.status == 404 and answer.json()["error"]


def test_activity_counts_and_tells_of_runs_that_ended(client: Client, lab: Lab) -> None:
    _experiment, ids = lab.experiment(lab.dataset(), algorithms=("dummy", "knn", "mlp"))
    first = client.get("/api/activity").json()
    assert (first["running"], first["queued"], first["text"]) == (0, 3, "3 waiting")
    lab.run(ids[0])
    lab.end(ids[1])
    second = client.get("/api/activity", since=first["now"]).json()
    assert (second["running"], second["queued"], second["text"]) == (1, 1, "1 running")
    assert [run["id"] for run in second["ended"]] == [ids[1]]
    third = client.get("/api/activity", since=second["now"] + 1000).json()
    assert third["ended"] == []


def test_downloads_have_safe_names(client: Client, lab: Lab) -> None:
    name = '고객 "churn"; filename=x/../y'
    _experiment, (run_id,) = lab.experiment(lab.dataset(), name=name)
    lab.end(run_id)
    parts = {"model": b"model", "spec": b"algorithm: dummy", "log": b"Hello", "script": b"Dummy"}
    for key, part in parts.items():
        answer = client.get(f"/api/runs/{run_id}/files/{key}")
        assert answer.status == 200 and part in answer.content
        disposition = answer.headers["content-disposition"]
        assert disposition.startswith('attachment; filename="churn-filename-x-..-y-run-')
        assert disposition.count('"') == 2
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_dataset_can_be_taken_away(client: Client, lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "표.csv"
    path.write_bytes("이름,답\n가,예\n나,아니오\n다,예\n나쁜 행\n".encode("cp949"))
    found = datasets.add_file(lab.ws, path, name='a "b"')
    address = f"/api/datasets/{found.id}/files"
    answer = client.get(f"{address}/csv")
    assert answer.text == "이름,답\n가,예\n나,아니오\n다,예\n"
    assert answer.headers["content-disposition"] == 'attachment; filename="a-b--v1.csv"'
    assert client.get(f"{address}/original").content == path.read_bytes()
    assert client.get(f"{address}/parquet").content[:4] == b"PAR1"
    assert (
        '5,,"It stands below the table, with fewer cells' in client.get(f"{address}/rejects").text
    )
    assert client.get(f"{address}/table.parquet").status == 404
    assert client.get("/api/datasets/99/files/csv").status == 404
    assert [one.name for one in lab.ws.uploads.iterdir()] == []


def test_documents_are_made_in_the_readers_language(client: Client, lab: Lab) -> None:
    _experiment, ids = lab.experiment(lab.dataset(), algorithms=("dummy", "knn"))
    for run_id in ids:
        lab.end(run_id)
    for key, part in {"report": "Scores", "card": "How good it is", "notebook": "nbformat"}.items():
        answer = client.get(f"/api/runs/{ids[0]}/files/{key}")
        assert answer.status == 200 and part in answer.text
    assert "How good it is" not in client.get(f"/api/runs/{ids[0]}/files/card", lang="ko").text
    both = ",".join(map(str, ids))
    answer = client.get("/api/report", runs=both, metric="accuracy", baseline=ids[0], by="folds")
    assert answer.status == 200 and "Comparison of 2 runs" in answer.text
    assert "attachment" in answer.headers["content-disposition"]
    for asked in ({}, {"runs": "x,-1"}, {"runs": both, "metric": "r2"}):
        assert client.get("/api/report", **asked).status == 400
    assert client.get("/api/report", runs="98,99").status == 404


def test_no_other_file_of_a_run_can_be_fetched(client: Client, lab: Lab) -> None:
    _experiment, (run_id,) = lab.experiment(lab.dataset())
    lab.end(run_id)
    for key in ("events.jsonl", "..%2f..%2fmlops.db", "supervisor"):
        assert client.get(f"/api/runs/{run_id}/files/{key}").status == 404


# Pages and headers --------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/run", "/data", "/compare"])
def test_every_page_answers_with_our_name_and_headers(client: Client, path: str) -> None:
    answer = client.get(path)
    assert f"<title>{index.APP_NAME}</title>" in answer.text
    assert "window.__streamlit" in answer.text
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"


def test_plotly_comes_from_here_and_is_kept(client: Client) -> None:
    answer = client.get("/api/assets/plotly-7.js")
    assert answer.headers["cache-control"] == api.FOREVER and b"Plotly" in gzip.decompress(
        answer.content
    )


def test_plotly_has_the_version_that_python_draws_for() -> None:
    whole = (files("plotly") / "package_data" / "plotly.min.js").read_text(encoding="utf-8")
    assert f"plotly.js v{assets.plotly_version()}\n" in whole[:200]


def grid_script() -> str:
    """The address of the script that the grid's own page asks for."""
    page = (files("st_aggrid") / "frontend" / "build" / "index.html").read_text()
    found = re.search(r'src="\./(static/js/main\.[^"]+\.js)"', page)
    assert found is not None
    return found.group(1)


def test_the_grid_comes_packed_and_is_kept(client: Client) -> None:
    packed = client.send("GET", COMPONENT + grid_script(), **{"Accept-Encoding": "gzip"})
    assert packed.headers["cache-control"].endswith("immutable")
    plain = client.send("GET", COMPONENT + grid_script(), **{"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert gzip.decompress(packed.content) == plain.content and b"AgGrid" in plain.content


def test_what_streamlit_needs_first_comes_packed_and_is_kept(client: Client) -> None:
    named = re.findall(r'(?:src|href)="\.(/static/[^"]+\.(?:js|css))"', client.get("/").text)
    assert len(named) > 20
    moved = whole = 0
    for path in named:
        packed = client.send("GET", path, **{"Accept-Encoding": "gzip, br"})
        assert packed.headers["cache-control"].endswith("immutable")
        assert packed.headers["content-type"].startswith(("text/javascript", "text/css"))
        moved += len(packed.content)
        whole += len(gzip.decompress(packed.content))
    assert moved < whole / 2.5


def test_a_font_is_not_packed_again_nor_asked_for_in_vain(client: Client) -> None:
    media = Path(str(files("streamlit"))) / "static" / "static" / "media"
    name = next(path.name for path in media.glob("MaterialSymbols-*.woff2"))
    answer = client.send("GET", f"/static/media/{name}", **{"Accept-Encoding": "gzip"})
    assert "content-encoding" not in answer.headers and answer.content[:4] == b"wOF2"
    assert 'as="font"' not in client.get("/").text


@pytest.mark.parametrize("path", ["/", "/run", "/compare", "/experiments"])
def test_a_page_names_the_large_script_that_it_will_ask_for(client: Client, path: str) -> None:
    named = re.findall(r'<link rel="pre[a-z]+" as="script" href="([^"]+)">', client.get(path).text)
    wanted = grid_script() if path == "/experiments" else assets.plotly_address()
    assert len(named) == 1 and named[0].endswith(wanted)
    assert client.get(named[0]).headers["cache-control"] == api.FOREVER


def test_a_page_without_them_names_no_large_script(client: Client) -> None:
    assert 'as="script"' not in client.get("/models").text


@pytest.mark.parametrize("path", ["static/js/none.js", "static/../index.html", "static/%2e%2e/x"])
def test_the_grid_gives_nothing_but_its_own_files(client: Client, path: str) -> None:
    assert client.get(COMPONENT + path).status == 404


def test_the_grid_is_registered_under_the_address_that_is_answered() -> None:
    tables = import_module("st_aggrid.AgGrid")
    assert f"/component/{tables._component_func.name}/" == COMPONENT


def test_nothing_else_lives_under_api(client: Client) -> None:
    assert client.get("/api/nothing").status == 404
