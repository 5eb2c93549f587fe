"""Archives around a file: unpacked in a stream, up to a size; the names inside are never used."""

from __future__ import annotations

import gzip
import lzma
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mlops_core.data.plain import damaged, head_of, refused
from mlops_core.data.workbooks import ZIP, is_workbook
from mlops_core.domain.sentences import Sentence, say
from mlops_core.errors import InvalidInput
from mlops_core.i18n import N_, _

GZIP = b"\x1f\x8b"
CHUNK = 1 << 20
BOMB_RATIO, BOMB_BYTES = 1000, 100 << 20  # more than so many times its size, from so many bytes on
_SYSTEM = ("__MACOSX/", ".DS_Store", "Thumbs.db")

Unpack = Callable[[Path, Path, int], Sentence]


def unpacker(path: Path) -> Unpack | None:
    """What takes the one file out of an archive (source, target, most bytes) and says so.

    It raises ``InvalidInput`` where the archive is damaged, protected, too large, or does not hold
    exactly one file. ``None`` for what is no archive.
    """
    head = head_of(path)
    if head.startswith(GZIP):
        return _gunzip
    if head.startswith(ZIP) and not is_workbook(path, head):
        return _unzip
    return None


def _gunzip(source: Path, target: Path, max_bytes: int) -> Sentence:
    try:
        with gzip.open(source) as packed:
            _pour(packed, target, source.stat().st_size, max_bytes)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise damaged(_("The gzip archive is damaged or not complete.")) from None
    return say(N_("The table was taken out of a gzip archive."))


def _unzip(source: Path, target: Path, max_bytes: int) -> Sentence:
    try:
        with zipfile.ZipFile(source) as archive:
            files = [one for one in archive.infolist() if _is_content(one)]
            if len(files) != 1:
                raise _not_one(files)
            if files[0].flag_bits & 1:
                raise refused(
                    _("The zip archive is protected by a password."),
                    _("Unpack it first and upload the file inside."),
                )
            with archive.open(files[0]) as packed:
                _pour(packed, target, source.stat().st_size, max_bytes)
    except (
        zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError, NotImplementedError, ValueError
    ):  # fmt: skip
        raise damaged(_("The zip archive is damaged or not complete.")) from None
    return say(N_("“{name}” was taken out of a zip archive."), name=files[0].filename[:200])


def _is_content(one: zipfile.ZipInfo) -> bool:
    name = one.filename
    return not (one.is_dir() or name.startswith(_SYSTEM[0]) or name.endswith(_SYSTEM[1:]))


def _not_one(files: list[zipfile.ZipInfo]) -> InvalidInput:
    if not files:
        return refused(_("The zip archive is empty."), _("Put one file with a table into it."))
    names = ", ".join(f"“{one.filename[:60]}”" for one in files[:5])
    return refused(
        _("The zip archive holds {count} files: {names}.").format(
            count=len(files), names=names if len(files) <= 5 else f"{names} …"
        ),
        _("Unpack it and upload the one with the table."),
    )


def _pour(packed: Any, target: Path, packed_size: int, max_bytes: int) -> None:
    size = 0
    with target.open("wb") as out:
        while chunk := packed.read(CHUNK):
            size += len(chunk)
            bomb = size > BOMB_BYTES and size > BOMB_RATIO * packed_size
            if bomb or size > max_bytes:
                raise refused(
                    _("Unpacked, the file would be larger than {size} MB.").format(
                        size=min(size, max_bytes) >> 20
                    ),
                    _("Unpack it yourself and look at what is inside."),
                )
            out.write(chunk)
