"""Which bytes are in a file: a table or something else, and in which encoding."""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mlops_core.data.alphabets import latin, other_alphabet
from mlops_core.data.everyday import HANGUL, KANJI, SIMPLIFIED, TRADITIONAL
from mlops_core.data.hangul import begun, composed
from mlops_core.errors import InvalidInput
from mlops_core.i18n import N_, _

CHUNK = 1 << 20
SAMPLE = 1 << 18
HEAD = 1 << 16
MAX_STRAY_CONTROLS = 3
MOST_LINES = 10_000
# Encodings that only statistics can tell.
GUESSED = ("cp1252", "cp1250", "cp1251", "cp1253", "koi8_r")
_OTHER_SCRIPTS = (*GUESSED[2:], "cp932", "gb18030", "cp949")
_KANA = frozenset(map(chr, range(0x3041, 0x3100)))
_JAMO = frozenset(map(chr, range(0x3131, 0x3164)))
_EVERYDAY = {
    "cp949": HANGUL | _JAMO,
    "cp932": KANJI | _KANA,
    "euc_jp": KANJI | _KANA,
    "gb18030": SIMPLIFIED,
    "big5": TRADITIONAL,
}
MOST_EVERYDAY = 0.7
_WIDE_RUN = re.compile(rb"[\x80-\xff]+")
_ASCII = bytes(range(128))
# The first and the last but one of the control characters also separate cells.
_NO_CONTROLS = bytes({1, 9, 10, 12, 13, 26, 27, 31, *range(32, 256)})
_ESCAPED = re.compile("[\udc80-\udcff]")

# First bytes → what it is, and the way out. UTF-16 and UTF-32 marks are text and stand elsewhere.
_CSV_HINT = N_("Open it in the program that made it and save the table as CSV (UTF-8).")
_UNPACK_HINT = N_("Unpack it first and upload the CSV file inside.")
_SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (b"ARROW1", N_("an Arrow file"), N_("Export it as CSV first.")),
    (b"PK\x03\x04", N_("a zip archive"), _UNPACK_HINT),
    (b"\x1f\x8b", N_("a gzip archive"), _UNPACK_HINT),
    (b"BZh", N_("a bzip2 archive"), _UNPACK_HINT),
    (b"\xfd7zXZ\x00", N_("an xz archive"), _UNPACK_HINT),
    (b"7z\xbc\xaf\x27\x1c", N_("a 7-Zip archive"), _UNPACK_HINT),
    (b"Rar!\x1a\x07", N_("a RAR archive"), _UNPACK_HINT),
    (b"\x28\xb5\x2f\xfd", N_("a Zstandard archive"), _UNPACK_HINT),
    (b"%PDF-", N_("a PDF document"), N_("Ask for the table behind it as CSV.")),
    (b"\x89PNG\r\n", N_("a PNG picture"), N_("Upload a table saved as CSV.")),
    (b"\xff\xd8\xff", N_("a JPEG picture"), N_("Upload a table saved as CSV.")),
    (b"GIF8", N_("a GIF picture"), N_("Upload a table saved as CSV.")),
    (b"SQLite format 3\x00", N_("an SQLite database"), N_("Export the table you need as CSV.")),
    (b"\x89HDF\r\n", N_("an HDF5 file"), N_("Export the table you need as CSV.")),
    (b"\x93NUMPY", N_("a NumPy array"), N_("Export it as CSV first.")),
    (b"$FL2", N_("an SPSS file"), _CSV_HINT),
    (b"Obj\x01", N_("an Avro file"), N_("Export it as CSV first.")),
    (b"ORC", N_("an ORC file"), N_("Export it as CSV first.")),
    (b"\x7fELF", N_("a program"), N_("Upload a table saved as CSV.")),
    (b"MZ\x90", N_("a program"), N_("Upload a table saved as CSV.")),
)
_BOMS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins the same way
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True)
class ByteFacts:
    """What one pass over the bytes of a file found.

    Attributes:
        size: Bytes.
        sha256: Of all bytes, hex.
        encoding: Name of a Python codec.
        clean: Every byte could be decoded.
        marked: A byte-order mark said so.
    """

    size: int
    sha256: str
    encoding: str
    clean: bool
    marked: bool


def refuse_binary(head: bytes) -> None:
    """Name what is not text by its first bytes.

    Raises:
        InvalidInput: it is an archive, a document, a picture …
    """
    for signature, what, hint in _SIGNATURES:
        if head.startswith(signature):
            _refuse(_(what), _(hint))


def _refuse(what: str, hint: str) -> None:
    raise InvalidInput(_("This is {what}, not a CSV file.").format(what=what), hint, field="file")


class _Utf8Check:
    """Decodes as UTF-8 while bytes come by; counts what is broken and what is not ASCII."""

    def __init__(self) -> None:
        self._strict = codecs.getincrementaldecoder("utf-8")()
        self._lenient = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self.broken = 0  # bytes
        self.wide = 0  # bytes, broken ones included

    def feed(self, data: bytes, final: bool) -> None:
        before = self._strict.getstate()
        if data.isascii() and before == (b"", 0):
            return
        self.wide += len(data.translate(None, _ASCII))
        try:
            self._strict.decode(data, final)
        except UnicodeDecodeError:
            self._lenient.setstate(before)
            self.broken += len(_ESCAPED.findall(self._lenient.decode(data, final)))
            self._strict.setstate(self._lenient.getstate())

    @property
    def plausible(self) -> bool:
        """A few broken bytes in good UTF-8 are a damaged file, not another encoding."""
        return self.broken * 4 <= self.wide - self.broken


def scan(path: Path, encoding: str | None = None, limit: int | None = None) -> ByteFacts:
    """Read every byte once: digest, size and encoding (found out, unless it is given).

    With ``limit`` about so many bytes are looked at and the facts are of these.

    Raises:
        InvalidInput: the file is empty, is not text, or ``encoding`` is not a known name.
    """
    digest, check = hashlib.sha256(), _Utf8Check()
    head, sample, size = b"", bytearray(), 0
    with path.open("rb") as file:
        while (limit is None or size < limit) and (chunk := file.read(CHUNK)):
            if not size:
                head = chunk[:HEAD]
                refuse_binary(head)
            size += len(chunk)
            digest.update(chunk)
            check.feed(chunk, final=False)
            if len(sample) < SAMPLE and not chunk.isascii():
                sample += wide_lines(chunk)[: SAMPLE - len(sample)]
    check.feed(b"", final=limit is None)
    if not size:
        raise InvalidInput(
            _("The file is empty."), _("Choose a file that holds a table."), field="file"
        )
    if encoding is not None:
        name = _known(encoding)
        clean = name == "utf-8" and check.broken == 0
        return ByteFacts(size, digest.hexdigest(), name, clean, False)
    name, marked = marked_encoding(head)
    if not name:
        name = _zero_pattern(head)
    clean = name in ("utf-8-sig", "") and check.broken == 0
    if not name:
        mixed = not check.plausible and _is_mostly_utf8(bytes(sample))
        name = "utf-8" if check.plausible or mixed else legacy_encoding(bytes(sample))
    return ByteFacts(size, digest.hexdigest(), name, clean, marked)


def _is_mostly_utf8(sample: bytes) -> bool:
    """Whether enough of the lines with wide bytes are UTF-8 to rule out that it is chance.

    Such a file was put together from two: what is in the other encoding is rejected by its line,
    for read as a whole in any encoding the one part or the other would turn into other letters.
    """
    lines = [line for line in sample.split(b"\n")[:MOST_LINES] if not line.isascii()]
    good = 0
    for line in lines:
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            continue
        good += 1
    return good >= 3 and good >= 0.3 * len(lines)


def _known(encoding: str) -> str:
    try:
        b"a".decode(encoding, "ignore")  # some names stand for codecs that are not of text
        name = codecs.lookup(encoding).name
    except (LookupError, UnicodeError):
        raise InvalidInput(
            _("There is no encoding named “{name}”.").format(name=encoding),
            _("Use for example utf-8, cp949 or cp1252."),
            field="encoding",
        ) from None
    return "cp949" if name == "euc_kr" else name  # which holds all of it, and what offices add


def wide_lines(chunk: bytes) -> bytes:
    """The lines of ``chunk`` that are not plain ASCII."""
    return b"\n".join(line for line in chunk.split(b"\n") if not line.isascii()) + b"\n"


def marked_encoding(head: bytes) -> tuple[str, bool]:
    """The encoding that a byte-order mark announces, or ``""``."""
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name, True
    return "", False


def _zero_pattern(head: bytes) -> str:
    """UTF-16 and UTF-32 without a mark: their ASCII characters leave zero bytes in fixed places.

    Raises:
        InvalidInput: there are control characters all over: this is no text.
    """
    places = [head[offset::4].count(0) * 4 / len(head) for offset in range(4)]
    if min(places) > 0.5:
        _refuse(_("a binary file"), _(_CSV_HINT))
    if min(places[2:]) > 0.5:
        return "utf-32-le"
    if min(places[:2]) > 0.5:
        return "utf-32-be"
    even, odd = places[0] + places[2], places[1] + places[3]
    name = "utf-16-le" if odd > even else "utf-16-be"
    lopsided = max(even, odd) > 0.04 and max(even, odd) > 4 * min(even, odd)
    if lopsided and _wide_line_ends(head, name) and _decodes(head, name):
        return name
    controls = len(head.translate(None, _NO_CONTROLS))
    if controls > MAX_STRAY_CONTROLS and controls * 50 >= len(head):
        _refuse(_("a binary file"), _(_CSV_HINT))
    return ""  # none, or a few strays, reported by line later


def _wide_line_ends(head: bytes, encoding: str) -> bool:
    """Whether line ends stand where whole characters do in this encoding.

    The lower half of a character may look like a line end (上, 不), the upper half hardly ever.
    """
    upper, lower = (head[1::2], head[::2]) if encoding == "utf-16-le" else (head[::2], head[1::2])
    ends = sum(low in b"\n\r" and not up for up, low in zip(upper, lower, strict=False))
    return ends > 0 and ends >= upper.count(b"\n") + upper.count(b"\r")


def _decodes(head: bytes, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        decoder.decode(head)
    except UnicodeDecodeError:
        return False
    return True


def legacy_encoding(sample: bytes) -> str:
    """The likeliest encoding of text that is not Unicode; ``sample`` holds lines with wide bytes.

    Korean, Japanese and Chinese are told by their everyday characters: a wrong decoding hits those
    by chance only. Then alphabets are tried, and at last statistics are asked.
    """
    scores = {name: _everyday(sample, name) for name in _EVERYDAY}
    likeliest = max(scores, key=lambda name: scores[name])
    if scores[likeliest] >= MOST_EVERYDAY:
        return likeliest
    runs = _WIDE_RUN.findall(sample)
    joined = sum(len(run) for run in runs if len(run) > 1)
    if joined <= 0.6 * sum(map(len, runs)):
        return latin(sample)
    if known := other_alphabet(sample) or latin(sample, least=0.95):
        return known
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=list(_OTHER_SCRIPTS)).best()
    return best.encoding if best is not None else "cp1252"


def _everyday(sample: bytes, encoding: str) -> float:
    """Share of everyday characters among the wide letters of ``sample`` in ``encoding``."""
    broken = 0.05 if encoding == "cp949" else 0.005
    text = _wide_text(sample, encoding, broken)
    letters = [char for char in text if char.isalpha()]
    known = _EVERYDAY[encoding]
    return sum(char in known for char in letters) / len(letters) if letters else 0.0


def _wide_text(sample: bytes, encoding: str, broken: float = 0.005) -> str:
    """The characters beyond ASCII, or nothing when more than the share ``broken`` is broken."""
    text = sample.decode(encoding, "replace")
    if encoding == "cp949":
        text = composed(text)
    wide = "".join(char for char in text if char > "\x7f")
    return "" if wide.count("\ufffd") > broken * len(wide) else wide.replace("\ufffd", "")


def transcode(path: Path, target: Path, facts: ByteFacts) -> bool:
    """Write ``path`` as UTF-8 into ``target``, in a stream. False when bytes were broken.

    A byte that cannot be decoded becomes 0xFF, which is never UTF-8: its row is rejected where
    the rows are read, so nothing is guessed away here.
    """
    clean = True
    with target.open("wb") as out:
        for text in _decoded(path, facts.encoding):
            data = text.encode("utf-8", "surrogateescape")
            clean = clean and b"\xff" not in data
            out.write(data)
    return clean


def _decoded(path: Path, encoding: str) -> Iterator[str]:
    """The text of a file in parts, without the mark at its beginning."""
    decoder = codecs.getincrementaldecoder(encoding)(_mark_broken())
    first, kept = True, ""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            text = kept + decoder.decode(chunk)
            kept = ""
            if first and text:
                text, first = text.removeprefix("\ufeff"), False
            if encoding == "cp949":
                whole = begun(text)
                text, kept = composed(text[:whole]), text[whole:]
            yield text
        yield kept + decoder.decode(b"", final=True)


def _mark_broken() -> str:
    """Name of the error handler that puts a marked byte in place of each broken sequence."""

    def handler(error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeDecodeError):
            raise error
        return "\udcff", error.end

    codecs.register_error("mlops_mark", handler)
    return "mlops_mark"
