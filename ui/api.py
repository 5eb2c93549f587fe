"""The app's HTTP routes under ``/api``: uploads in, live numbers and files out.

Everything here runs beside the pages, in the same process, and answers without a page's script.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import anyio
import orjson
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route

from mlops_core import words
from mlops_core.domain.states import FINAL, RunStatus
from mlops_core.errors import Conflict, MlopsError, NotFound, StoreError
from mlops_core.i18n import _, use_language
from ui.app_state import workspace
from ui.assets import plotly_gz
from ui.origins import is_own

T = TypeVar("T")
SHORT_TIME = 0.9  # of the time limit; from then on a live run warns
FOREVER = "public, max-age=31536000, immutable"
_UNSAFE = re.compile(r"[^\w.-]+", re.ASCII)


def _json(content: Any, status: int = 200) -> Response:
    return Response(
        # Column names of the database are strings of its own kind.
        orjson.dumps(content, option=orjson.OPT_NON_STR_KEYS),
        status,
        {"Cache-Control": "no-store"},
        "application/json",
    )


def _whole(request: Request, name: str, default: int = 0) -> int:
    text = request.query_params.get(name, "")
    return int(text) if _is_id(text) else default


async def _in_thread(request: Request, call: Callable[[], T]) -> T:
    """Run a service call beside the event loop, in the language that the caller reads."""
    language = request.query_params.get("lang", "en")

    def work() -> T:
        use_language(language)
        return call()

    return await anyio.to_thread.run_sync(work)


async def health(_request: Request) -> Response:
    return _json({"status": "ok"})


# Live ---------------------------------------------------------------------------------------------


async def live(request: Request) -> Response:
    """What is new of a run since the cursors of the caller, with its sentences."""
    from mlops_core.services import runs

    run_id = request.path_params["id"]
    cursors = {
        name: _whole(request, name) for name in ("after_point", "after_sample", "after_byte")
    }

    def look() -> dict[str, Any]:
        found = runs.live(workspace(), run_id, **cursors)
        return {**found, "text": live_text(found)}

    return _json(await _in_thread(request, look))


def live_text(found: dict[str, Any]) -> dict[str, str]:
    """The sentences over a live run."""
    status = RunStatus(found["status"])
    limit = (found.get("limits") or {}).get("time_seconds")
    elapsed, left = found.get("elapsed_seconds"), found.get("left_seconds")
    what = words.phase_words(
        found.get("phase") or "", found.get("fold") or 0, found.get("folds") or 0
    )
    if status is RunStatus.QUEUED:
        what = _("Waiting for free resources")
    if status.is_final:
        what = words.reason_word(found.get("reason"))
    times = []
    if elapsed is not None:
        spent = words.duration(elapsed)
        times.append(
            _("{time} of {limit} allowed").format(time=spent, limit=words.duration(limit))
            if limit and not status.is_final
            else spent
        )
    if left is not None and not status.is_final:
        times.append(_("about {time} left").format(time=words.duration(left)))
    share = words.percent(round(found.get("progress") or 0.0, 2))
    warning = ""
    if limit and elapsed and elapsed > SHORT_TIME * limit and not status.is_final:
        warning = _(
            "The time is nearly up. At its limit the run is ended; the scores of the folds that it "
            "has finished are kept."
        )
    return {"what": what, "times": " · ".join(times), "share": share, "warning": warning}


async def activity(request: Request) -> Response:
    """How much runs and waits, and which runs ended since ``since`` (seconds since 1970)."""
    from mlops_core.services import runs

    def look() -> dict[str, Any]:
        ws = workspace()
        since = float(_whole(request, "since")) / 1000
        last = runs.list_runs(
            ws, runs.RunFilter(status=tuple(FINAL)), sort="ended_at", descending=True, limit=5
        )
        ended = [
            {
                "id": run.id,
                "text": f"{run.experiment_name} · {words.algorithm_label(run.algorithm)}: "
                f"{words.status_word(run.status)}",
                "status": run.status,
            }
            for run in last.items
            if since and run.ended_at and run.ended_at.timestamp() > since
        ]
        counts = {
            status.value: runs.list_runs(ws, runs.RunFilter(status=(status,)), limit=1).total
            for status in (RunStatus.RUNNING, RunStatus.QUEUED)
        }
        text = _("{n} running").format(n=counts["running"]) if counts["running"] else ""
        if not text and counts["queued"]:
            text = _("{n} waiting").format(n=counts["queued"])
        now = int(datetime.now(UTC).timestamp() * 1000)
        return {**counts, "text": text, "ended": ended, "now": now}

    return _json(await _in_thread(request, look))


# Files --------------------------------------------------------------------------------------------


def safe_name(text: str) -> str:
    """A file name that every system takes."""
    return _UNSAFE.sub("-", text).strip("-.")[:80] or "file"


def _attachment(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}


async def run_file(request: Request) -> Response:
    """One file of a run: what it delivered, its log, or a document that is made of it."""
    from mlops_core.reports.documents import DOCUMENTS
    from mlops_core.services import runs

    run_id, key = request.path_params["id"], request.path_params["key"]

    def find() -> Response:
        ws = workspace()
        run = runs.get_run(ws, run_id)
        stem = safe_name(f"{run.experiment_name}-run-{run_id}")
        if key in DOCUMENTS:
            kind = DOCUMENTS[key]
            return Response(
                kind.make(ws, run_id),
                media_type=kind.media_type,
                headers=_attachment(f"{stem}{kind.suffix}"),
            )
        if key == "log":
            return Response(
                _whole_log(run_id), media_type="text/plain", headers=_attachment(f"{stem}.log")
            )
        for artifact in runs.artifacts(ws, run_id):
            if artifact.key == key:
                return FileResponse(
                    artifact.path,
                    headers=_attachment(f"{stem}-{safe_name(artifact.path.name)}"),
                    media_type="application/octet-stream",
                )
        raise NotFound(_("Run {id} has no file {key!r}.").format(id=run_id, key=key))

    return await _in_thread(request, find)


async def report(request: Request) -> Response:
    """A report of several runs: ``?runs=1,2&metric=roc_auc&baseline=1&by=folds``."""
    from mlops_core.reports.report import report as written
    from mlops_core.services.comparison import Basis

    asked = request.query_params
    ids = [int(part) for part in asked.get("runs", "").split(",") if _is_id(part)]
    by = Basis.FOLDS if asked.get("by") == "folds" else None

    def make() -> Response:
        text = written(
            workspace(),
            ids,
            asked.get("metric") or None,
            baseline=_whole(request, "baseline") or None,
            by=by,
        )
        name = f"report-{'-'.join(map(str, ids[:6]))}.html"
        return Response(text, media_type="text/html", headers=_attachment(name))

    return await _in_thread(request, make)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 15


async def dataset_file(request: Request) -> Response:
    """A dataset as it was read, its original file, or the rows that could not be read."""
    from mlops_core.services import arrivals

    dataset_id, key = request.path_params["id"], request.path_params["key"]

    def find() -> Response:
        found, path, made = arrivals.file_of(workspace(), dataset_id, key)
        stem = safe_name(f"{found.name}-v{found.version}")
        ending = safe_name(Path(found.original_name).suffix) if key == "original" else "csv"
        name = {"parquet": f"{stem}.parquet", "rejects": f"{stem}-rejects.csv"}.get(key)
        return FileResponse(
            path,
            headers=_attachment(name or f"{stem}.{ending}"),
            media_type="application/octet-stream",
            background=BackgroundTask(path.unlink, missing_ok=True) if made else None,
        )

    return await _in_thread(request, find)


def _whole_log(run_id: int) -> str:
    from mlops_core.services import runs

    parts: list[str] = []
    position = 0
    while True:
        part = runs.log(workspace(), run_id, "log", after_byte=position, limit=1_000_000)
        if not part.text:
            return "".join(parts)
        parts.append(part.text)
        position = part.next_byte


async def plotly_js(_request: Request) -> Response:
    """plotly.js; its version stands in the address."""
    return Response(
        await anyio.to_thread.run_sync(plotly_gz),
        headers={"Content-Encoding": "gzip", "Cache-Control": FOREVER},
        media_type="text/javascript",
    )


# Uploads ------------------------------------------------------------------------------------------


def check_origin(request: Request) -> None:
    """A page of another site must not write here.

    Raises:
        Conflict: it does.
    """
    site = request.headers.get("sec-fetch-site", "same-origin")
    if not is_own(request.headers) or site not in {"same-origin", "none"}:
        raise Conflict(_("Files can only be sent from the app's own pages."))


async def put_upload(request: Request) -> Response:
    """Stream the body to the disk; answers with its id, name, size and SHA-256."""
    from ui import upload

    check_origin(request)
    use_language(request.query_params.get("lang", "en"))
    intake = upload.Intake(workspace(), request.query_params.get("name", ""))
    try:
        intake.expect(request.headers.get("content-length"))
        async for chunk in request.stream():
            if intake.add(chunk):
                await anyio.to_thread.run_sync(intake.flush)
        return _json(await anyio.to_thread.run_sync(intake.finish))
    except ClientDisconnect:
        return Response(status_code=499)
    except OSError as error:
        reason = error.strerror or str(error)
        raise StoreError(
            _("The file could not be stored: {reason}.").format(reason=reason),
            _("Free some space on the disk of the data folder and send it again."),
        ) from error
    finally:
        intake.close()


async def delete_upload(request: Request) -> Response:
    """Forget an upload that a person took back."""
    from ui import upload

    check_origin(request)
    return Response(
        status_code=204,
        background=BackgroundTask(upload.forget, workspace(), request.path_params["id"]),
    )


async def _said(_request: Request, error: Exception) -> Response:
    if not isinstance(error, MlopsError):
        raise error
    status = 404 if isinstance(error, NotFound) else 409 if isinstance(error, Conflict) else 400
    if isinstance(error, StoreError):
        status = 507
    return _json({"error": error.message, "hint": error.hint}, status)


API = Mount(
    "/api",
    app=Starlette(
        routes=[
            Route("/health", health),
            Route("/activity", activity),
            Route("/runs/{id:int}/live", live),
            Route("/runs/{id:int}/files/{key}", run_file),
            Route("/report", report),
            Route("/datasets/{id:int}/files/{key}", dataset_file),
            Route("/assets/plotly-{version}.js", plotly_js),
            Route("/uploads", put_upload, methods=["PUT"]),
            Route("/uploads/{id}", delete_upload, methods=["DELETE"]),
        ],
        exception_handlers={MlopsError: _said},
    ),
)
