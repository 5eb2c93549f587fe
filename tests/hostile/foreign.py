"""What is no CSV file: documents, pictures, programs, archives, other texts."""

from __future__ import annotations

import gzip
import io
import lzma
import sqlite3
import struct
import zipfile
import zlib

from tests.hostile.expected import Case, refused, table

CSV = "a,b\n1,x\n2,y\n"
AB = table("a│b", "integer text", "1│x", "2│y")


def png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\x00" + b"\x7f" * 8 * 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def pdf() -> bytes:
    return b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"


def sqlite() -> bytes:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE t (a, b)")
    data = database.serialize()
    database.close()
    return data


def zipped(*files: tuple[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return out.getvalue()


def encrypted() -> bytes:
    """A zip archive whose one file is marked as encrypted."""
    data = bytearray(zipped(("a.csv", CSV), method=zipfile.ZIP_STORED))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def damaged(data: bytes, method: int = 0) -> bytes:
    """``data`` with a byte turned in its middle."""
    broken = bytearray(data)
    broken[len(broken) // 2] ^= 0xFF
    return bytes(broken)


def lzma_zip() -> bytes:
    long = "".join(f"{row},{row * row}\n" for row in range(2000))
    return zipped(("a.csv", long), method=zipfile.ZIP_LZMA)


def bomb() -> bytes:
    zeros = zlib.compressobj(9, wbits=31)
    part = b"1" * (1 << 20)
    return b"".join(zeros.compress(part) for _each in range(120)) + zeros.flush()


def parquet() -> bytes:
    return b"PAR1" + b"\x15\x04\x15\x10" * 50


WORKBOOK = {
    "[Content_Types].xml": '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/'
    'package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxml'
    'formats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="'
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override '
    'PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-office'
    'document.spreadsheetml.worksheet+xml"/></Types>',
    "_rels/.rels": '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/'
    'package/2006/relationships"><Relationship Id="r" Type="http://schemas.openxmlformats.org/'
    'officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": '<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/'
    'spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/'
    'relationships"><sheets><sheet name="s" sheetId="1" r:id="r"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<?xml version="1.0"?><Relationships xmlns="http://schemas.open'
    'xmlformats.org/package/2006/relationships"><Relationship Id="r" Type="http://schemas.openxml'
    'formats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>'
    "</Relationships>",
}


def workbook(*rows: str) -> bytes:
    """An Excel workbook; each row is the XML of its cells."""
    body = "".join(f'<row r="{number}">{row}</row>' for number, row in enumerate(rows, 1))
    sheet = (
        '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/'
        f'2006/main"><sheetData>{body}</sheetData></worksheet>'
    )
    return zipped(*WORKBOOK.items(), ("xl/worksheets/sheet1.xml", sheet))


def words(*cells: str) -> str:
    return "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in cells)


def numbers(*cells: str) -> str:
    return "".join(f"<c><v>{cell}</v></c>" for cell in cells)


BINARIES = [
    Case("a PNG picture.csv", png, refused("PNG")),
    Case("a PDF document.csv", pdf, refused("PDF")),
    Case("an SQLite database.csv", sqlite, refused("SQLite")),
    Case("a JPEG picture.csv", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\x01" * 80, refused("JPEG")),
    Case("a 7-Zip archive.csv", b"7z\xbc\xaf\x27\x1c\x00\x04" + b"\x9a" * 80, refused("7-Zip")),
    Case("an old workbook.csv", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 504,
         refused("Excel")),
    Case("Parquet cut off", parquet, refused("Parquet", "damaged")),
    Case("a program.csv", b"\x7fELF\x02\x01\x01" + b"\x00" * 80, refused("program")),
    Case("a Python pickle.csv", b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x01a\x94"
         b"K\x01\x8c\x01b\x94K\x02u." * 5, refused("binary")),
]  # fmt: skip

ARCHIVES = [
    Case("gzip", lambda: gzip.compress(CSV.encode()), AB),
    Case("zip", lambda: zipped(("a.csv", CSV)), AB),
    Case("a zip with a folder", lambda: zipped(("d/", ""), ("d/../../a.csv", CSV)), AB),
    Case("a zip in gzip", lambda: gzip.compress(zipped(("a.csv", CSV))), AB),
    Case("a zip with two files", lambda: zipped(("a.csv", CSV), ("b.csv", CSV)),
         refused("2 files", "a.csv")),
    Case("a zip with nothing", lambda: zipped(), refused("empty")),
    Case("an encrypted zip", encrypted, refused("password")),
    Case("a damaged gzip", lambda: damaged(gzip.compress(CSV.encode() * 50)), refused("damaged")),
    Case("a gzip cut off", lambda: gzip.compress(CSV.encode() * 50)[:-12], refused("damaged")),
    Case("a damaged zip", lambda: damaged(zipped(("a.csv", CSV * 500))), refused("damaged")),
    Case("a damaged LZMA zip", lambda: damaged(lzma_zip()), refused("damaged")),
    Case("a zip cut off", lambda: zipped(("a.csv", CSV * 50))[:-30], refused("damaged")),
    Case("a gzip bomb", bomb, refused("would be larger")),
    Case("an xz archive", lambda: lzma.compress(CSV.encode()), refused("xz archive")),
    Case("a zip in a zip in a zip",
         lambda: zipped(("b.zip", zipped(("c.zip", zipped(("a.csv", CSV)))))),
         refused("zip archive")),
]  # fmt: skip

WORKBOOKS = [
    Case("a workbook.csv",
         lambda: workbook(words("a", "b"), numbers("1") + words("x"), numbers("2") + words("y")),
         AB),
    Case("a workbook with long numbers",
         lambda: workbook(words("a", "b"), numbers("1.5", "9007199254740993"), numbers("2", "3")),
         table("a│b", "number integer", "1.5│9007199254740992", "2.0│3")),
    Case("a workbook with nothing", lambda: workbook(), refused("empty")),
    Case("a workbook without its sheet", lambda: zipped(*WORKBOOK.items()), refused("Excel")),
]  # fmt: skip

HTML = "<html><head><meta charset='utf-8'></head><body><table>\n<tr><td>1</td></tr></table></html>"
TEXTS = [
    Case("a web page.csv", "<!DOCTYPE html>\n" + HTML, refused("web page")),
    Case("a table of a web page.xls", "\ufeff\n" + HTML, refused("web page")),
    Case("a web page in UTF-16", HTML.encode("utf-16"), refused("web page")),
    Case("an XML workbook.xls", '<?xml version="1.0"?>\n<Workbook>\n<Row/>\n</Workbook>\n',
         refused("XML")),
    Case("rich text.csv", "{\\rtf1\\ansi\\deff0 {\\fonttbl;}\nHello\\par\n}", refused("text")),
    Case("a JSON array", '[{"a": 1, "b": 2}, {"a": 3, "b": 4}]', refused("JSON")),
    Case("a JSON array over lines", '[\n  {"a": 1},\n  {"a": 3}\n]\n', refused("JSON")),
    Case("JSON rows", "[[1, 2], [3, 4]]\n", refused("JSON")),
    Case("a JSON object over lines", '{\n  "a": [1, 2],\n  "b": 3\n}\n', refused("JSON")),
    Case("a Markdown table", "| a | b |\n|---|:--:|\n| 1 | x |\n| 2 | y |\n",
         refused("Markdown")),
    Case("a Markdown table without edges", "a | b\n--- | ---\n1 | x\n2 | y\n",
         refused("Markdown")),
    Case("JSON lines", '{"a": 1, "b": "x"}\n{"a": 2, "b": "y"}\n', AB),
    Case("JSON lines, one broken", '{"a": 1, "b": "x"}\n{"a": 2, "b"\n{"a": 2, "b": "y"}\n[1]\n',
         table("a│b", "integer text", "1│x", "2│y", rejects=((2, None), (4, None)))),
    Case("JSON lines, a key twice", '{"a": 1, "b": "x", "a": 3}\n{"a": 2, "b": "y"}\n',
         table("a│b", "integer text", "2│y", rejects=((1, None),))),
    Case("JSON lines with long numbers", '{"a": 9007199254740993}\n{"a": 3}\n',
         table("a", "integer", "9007199254740993", "3")),
    Case("columns of fixed width", "name   size\nkim       1\nlee      22\npark    333\n",
         table("name size", "text", "kim       1", "lee      22", "park    333",
               originals="name   size", said="one column")),
]  # fmt: skip

CASES = [*BINARIES, *ARCHIVES, *WORKBOOKS, *TEXTS]
