"""Text in every encoding that reaches an office, whole and broken."""

from __future__ import annotations

import codecs

from tests.hostile.expected import Case, Table, refused, table

KOREAN = "이름,나이,도시\n홍길동,31,서울\n김철수,42,부산\n이영희,29,대구\n"
UNICODE = {
    "utf-8": b"",
    "utf-8-sig": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
}


def people(encoding: str) -> Table:
    return table(
        "이름│나이│도시", "text integer text",
        "홍길동│31│서울", "김철수│42│부산", "이영희│29│대구", encoding=encoding,
    )  # fmt: skip


def _unicode() -> list[Case]:
    cases = []
    for name, mark in UNICODE.items():
        data = KOREAN.encode(name.removesuffix("-sig"))
        cases.append(Case(f"{name} with its mark", mark + data, people(name)))
        if mark and name != "utf-8-sig":
            cases.append(Case(f"{name} without a mark", data, people(name)))
    return cases


def _words(encoding: str, *lines: str, told: str = "") -> Case:
    """A table ``word,n`` whose words are ``lines``."""
    text = "word,n\n" + "".join(f"{line},{place}\n" for place, line in enumerate(lines))
    rows = (f"{line}│{place}" for place, line in enumerate(lines))
    expected = table("word│n", "text integer", *rows, encoding=told or encoding)
    return Case(f"{encoding}: {lines[0]}", text.encode(encoding), expected)


def _named(encoding: str, names: str) -> Case:
    """Numbers below the only words of a file: ``names``."""
    width = len(names.split("│"))
    lines = [",".join(str(row + place) for place in range(width)) for row in range(3)]
    text = names.replace("│", ",") + "\n" + "\n".join(lines) + "\n"
    rows = (line.replace(",", "│") for line in lines)
    expected = table(names, " ".join(["integer"] * width), *rows, encoding=encoding)
    return Case(f"{encoding}: only names are words, {names}", text.encode(encoding), expected)


LEGACY = [
    Case("EUC-KR", KOREAN.encode("euc_kr"), people("cp949")),
    _words("cp949", "똠방각하", "펲시콜라", "서울특별시 강남구", "안녕하십니까"),
    _words("cp949", "홍길동", "洪吉童", "김철수", "金哲洙", "이영희", "李英姬"),
    Case(
        "cp949: 예 and 아니오",
        "word,n\n예,0\n아니오,1\n예,2\n".encode("cp949"),
        table("word│n", "boolean integer", "예│0", "아니오│1", "예│2", encoding="cp949"),
    ),
    _words("cp949", "①번", "㈜한국", "서울 → 부산", "20㎡"),
    Case(
        "EUC-KR: syllables written by their parts",
        "word,n\n뷁,0\n똠방각하,1\n서울 시내,2\n가ㅋㅋ,3\n".encode("euc_kr"),
        table(
            "word│n",
            "text integer",
            "뷁│0",
            "똠방각하│1",
            "서울 시내│2",
            "가ㅋㅋ│3",
            encoding="cp949",
        ),
    ),
    _named("cp932", "氏名│年齢│住所│売上金額"),
    _named("euc_jp", "顧客番号│登録日│利用金額"),
    _named("gb18030", "姓名│年龄│地区│金额│日期"),
    _named("big5", "客戶編號│性別│年齡│消費金額"),
    _named("cp1251", "имя│возраст│доход"),
    _named("koi8_r", "номер клиента│возраст│название города│сумма дохода"),
    _named("cp1253", "όνομα│ηλικία│πόλη"),
    _named("cp1250", "imię│płeć│wartość│miejscowość"),
    _named("cp1250", "név│életkor│összeg│minőség"),
    _named("cp1252", "prénom│âge│région│coût"),
    Case(
        "UTF-16 without a mark: 上 holds the byte of a line end",
        "城市,不\n上海,1\n上上不,2\n不上,3\n".encode("utf-16-be"),
        table("城市│不", "text integer", "上海│1", "上上不│2", "不上│3", encoding="utf-16-be"),
    ),
    _words("cp932", "東京都", "やまだ たろう", "カタカナ", "大阪府のまち"),
    _words("cp932", "ｱｲｳｴｵ", "ﾔﾏﾀﾞ ﾀﾛｳ", "ｶﾅｶﾞﾜ"),
    _words("euc_jp", "東京都", "やまだ たろう", "カタカナ", "大阪府のまち"),
    _words("gb18030", "北京市朝阳区", "上海", "广州", "我们的数据"),
    _words("gb18030", "北京", "南京", "重庆"),
    _words("big5", "臺北市中正區", "高雄", "我們的資料", "張三"),
    _words("cp1252", "Müller", "Straße", "café", "Ñandú"),
    _words("cp1252", "10 €", "“quoted”", "naïve – café"),
    _words("latin-1", "Ærø", "garçon", "señor", told="cp1252"),
    _words("cp1250", "Łódź", "żółć", "Święty", "Kraków"),
    _words("cp1251", "Москва", "Привет", "Иван", "Россия"),
    _words("utf-8", "naïve", "日本語のテキスト", "Привет", "🎉 emoji", "עברית", "e\u0301"),
]


def _late_broken() -> bytes:
    good = "".join(f"서울,{row}\n" for row in range(2000))
    return ("city,n\n" + good).encode() + b"\xbc\xad\xbf\xef,1\n" + "부산,2\n".encode()


def _two_encodings(utf8: int, legacy: int) -> bytes:
    lines = [f"서울특별시 강남구 {row},{row}\n".encode() for row in range(utf8)]
    lines += [f"부산광역시 해운대구 {row},{row}\n".encode("cp949") for row in range(legacy)]
    return b"city,n\n" + b"".join(lines)


def _latin_in_utf8() -> bytes:
    lines = [f"Müller {row},{row}\n".encode() for row in range(6)]
    lines += [f"Jürgen {row},{row}\n".encode("latin-1") for row in range(4)]
    return b"name,n\n" + b"".join(lines)


BROKEN = [
    Case(
        "bad bytes late",
        _late_broken,
        table("city│n", "text integer", "서울│0", count=2001, rejects=((2002, None),)),
    ),
    Case(
        "two encodings in one file",
        lambda: _two_encodings(6, 4),
        table(
            "city│n", "text integer", *(f"서울특별시 강남구 {row}│{row}" for row in range(6)),
            rejects=tuple((line, None) for line in range(8, 12)),
        ),
    ),
    Case("mostly another encoding", lambda: _two_encodings(4, 6), refused("6 rows", "line 6")),
    Case(
        "Latin-1 lines in UTF-8",
        _latin_in_utf8,
        table(
            "name│n", "text integer", *(f"Müller {row}│{row}" for row in range(6)),
            rejects=tuple((line, None) for line in range(8, 12)),
        ),
    ),
    Case(
        "a broken character in cp949",
        ("도시,값\n" + "서울,1\n" * 20).encode("cp949") + b"\xbc,2\n" + "부산,3\n".encode("cp949"),
        table(
            "도시│값", "text integer", "서울│1", count=21, encoding="cp949", rejects=((22, None),)
        ),
    ),
    Case(
        "half a UTF-16 character at the end",
        "가,나\n1,2\n3,4\n".encode("utf-16") + b"\x00",
        table("가│나", "integer integer", "1│2", "3│4", encoding="utf-16-le",
              rejects=((4, None),)),
    ),
    Case(
        "a zero byte",
        b"a,b\n1,x\n2,y\x00\n3,z\n",
        table("a│b", "integer text", "1│x", "3│z", rejects=((3, None),)),
    ),
    Case("random bytes", lambda: _random(40_000), refused("binary")),
    Case("random high bytes", lambda: bytes(b | 0x80 for b in _random(5000)), refused()),
    Case("all zero bytes", b"\x00" * 5000, refused("binary")),
]  # fmt: skip


def _random(count: int) -> bytes:
    """Always the same bytes."""
    state, out = 12345, bytearray()
    for _each in range(count):
        state = (state * 1103515245 + 12345) % 2**31
        out.append(state >> 16 & 255)
    return bytes(out)


CASES = [*_unicode(), *LEGACY, *BROKEN]
