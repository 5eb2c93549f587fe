"""Text in old encodings is recognised by what only that language has."""

from __future__ import annotations

import pytest

from mlops_core.data.encoding import legacy_encoding


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
