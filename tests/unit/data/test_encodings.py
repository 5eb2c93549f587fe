"""Text in old encodings is recognised by what only that language has."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_core.data import encoding as module
from mlops_core.data.encoding import legacy_encoding, scan, transcode


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp949", "서울;부산;홍길동"),
        ("cp949", "이름,가입일자,요금제"),
        ("cp932", "東京都;大阪府;やまだ;カタカナ"),
        ("euc_jp", "東京都;やまだ;カタカナ"),
        ("gb18030", "北京;上海;广州;张三"),
        ("big5", "臺北;高雄;張三;姓名"),
        ("cp1252", "Müller;Straße;Größe;Ärger"),
        ("cp1252", "José;Ñandú;café;señor;¿Qué"),
        ("cp1252", "naïve;élan;Noël;garçon"),
        ("cp1250", "Łódź;Kraków;żółć;Święty"),
        ("cp1251", "Москва;Привет;Иван;Россия"),
        ("cp1253", "Αθήνα;Ελλάδα;καλημέρα"),
    ],
)
@pytest.mark.parametrize("times", [1, 30])
def test_legacy_encodings(encoding: str, text: str, times: int) -> None:
    sample = ((text + "\n") * times).encode(encoding)
    assert sample.decode(legacy_encoding(sample)) == (text + "\n") * times


@pytest.mark.parametrize("chunk", range(8, 33))
def test_syllables_in_parts_are_put_together_wherever_a_file_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    text = "ab뷁뷁,똠ㅋㅋ가\n서울,쀍뷁\n"
    (tmp_path / "in").write_bytes(text.encode("euc_kr"))
    monkeypatch.setattr(module, "CHUNK", chunk)
    facts = scan(tmp_path / "in", "euc-kr")
    assert transcode(tmp_path / "in", tmp_path / "out", facts)
    assert facts.encoding == "cp949"
    assert (tmp_path / "out").read_text(encoding="utf-8") == text
