"""The Korean sample: telecom customers who never existed, made by this program.

``python -m mlops_core.data.korean`` writes the file again; a test compares it byte by byte. It is
saved as cp949, as Korean offices do, with the habits of such files: dates as ``2024. 3. 5.``, a
dash for "not known", empty memos.
"""

from __future__ import annotations

import csv
import io
import math
import random
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from mlops_core.data.samples import sample_path

ROWS = 3000
SEED = 20261124
END = date(2026, 6, 30)
HEADER = (
    "고객번호", "가입일자", "성별", "나이", "지역", "요금제", "약정", "결제방법",
    "가족결합", "월요금", "데이터사용량(GB)", "통화시간(분)", "고객센터문의", "연체횟수",
    "상담메모", "이탈여부",
)  # fmt: skip
REGIONS = ("서울", "경기", "인천", "부산", "대구", "대전", "광주", "울산", "강원", "제주")
PLANS = {"알뜰 15": 15_000, "LTE 기본": 33_000, "5G 라이트": 47_000, "5G 프리미엄": 75_000}
TERMS = ("없음", "1년", "2년")
PAYMENTS = ("자동이체", "신용카드", "지로")
CALM = (
    "요금제 안내를 받고 싶어 전화하셨으며 현재 서비스에는 만족한다고 하셨습니다.",
    "로밍 신청 방법을 문의하셔서 절차를 안내해 드리고 문자로 다시 보내 드렸습니다.",
    "가족 결합 할인이 적용되었는지 확인을 요청하셨고 정상 적용 중임을 알려 드렸습니다.",
    "단말기 보험 가입 여부를 물어보셔서 가입 조건과 월 비용을 설명해 드렸습니다.",
)
UPSET = (
    "통화 품질이 나빠서 다른 통신사로 옮기는 것을 생각하고 있다고 하셨습니다.",
    "해지 위약금이 얼마인지 물어보셨고 약정이 끝나면 옮기겠다고 하셨습니다.",
    "지난달 요금이 많이 나왔다고 항의하셨으며 요금 인하를 강하게 요구하셨습니다.",
    "인터넷이 자주 끊긴다고 여러 번 신고하셨고 처리 지연에 불만을 나타내셨습니다.",
)
ADDED = (
    "",
    " 담당자가 다시 연락드리기로 했습니다.",
    " 추가 요청은 없으셨습니다.",
    " 오후 상담을 원하셨습니다.",
)


class _Dice:
    """Draws from ``random.random`` alone, whose sequence Python promises never to change."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed).random  # noqa: S311 - sample data, no secret

    def pick(self, items: Sequence[str]) -> str:
        return items[int(self.draw() * len(items))]

    def normal(self, mean: float, std: float) -> float:
        """Box-Muller."""
        radius = math.sqrt(-2 * math.log(1 - self.draw()))
        return mean + std * radius * math.cos(2 * math.pi * self.draw())

    def happens(self, probability: float) -> bool:
        return self.draw() < probability


def korean_churn() -> bytes:
    """The whole file, always the same bytes."""
    dice = _Dice(SEED)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADER)
    for number in range(ROWS):
        writer.writerow(_customer(dice, number))
    return text.getvalue().encode("cp949")


def _customer(dice: _Dice, number: int) -> list[object]:
    months = int(dice.draw() ** 1.5 * 84) + 1
    joined = END - timedelta(days=months * 30 + int(dice.draw() * 30))
    age = round(min(85, max(18, dice.normal(44, 15))))
    plan, term, payment = dice.pick(tuple(PLANS)), dice.pick(TERMS), dice.pick(PAYMENTS)
    family = dice.happens(0.4)
    fee = round(PLANS[plan] * (0.8 if family else 1.0) * (1 + 0.1 * dice.draw()) / 10) * 10
    usage = max(0.1, dice.normal(PLANS[plan] / 3000, 5))
    calls = max(0, round(dice.normal(180 + age, 70)))
    contacts = int(-math.log(1 - dice.draw()) * 1.3)
    late = int(-math.log(1 - dice.draw()) * (1.1 if payment == "지로" else 0.5))
    score = (
        -2.1
        + {"없음": 1.3, "1년": 0.2, "2년": -0.9}[term]
        + 0.55 * contacts
        + 0.6 * late
        - 0.025 * months
        - (0.8 if family else 0)
        + 0.00001 * (fee - 40_000)
    )
    churned = dice.happens(1 / (1 + math.exp(-score)))
    memo = ""
    if dice.happens(0.5 + 0.1 * min(contacts, 4)):
        upset = dice.happens(0.75 if churned else 0.2)
        called = END - timedelta(days=int(dice.draw() * 180))
        day = f"{called.month}월 {called.day}일 통화: "
        memo = day + dice.pick(UPSET if upset else CALM) + dice.pick(ADDED)
    return [
        f"C{number + 100_001}",
        f"{joined.year}. {joined.month}. {joined.day}.",
        dice.pick(("남", "여")),
        "" if dice.happens(0.03) else age,
        dice.pick(REGIONS),
        plan,
        term,
        payment,
        "예" if family else "아니오",
        fee,
        "-" if dice.happens(0.04) else f"{usage:.1f}",
        calls,
        contacts,
        late,
        memo,
        "예" if churned else "아니오",
    ]


def write(target: Path) -> None:
    target.write_bytes(korean_churn())


if __name__ == "__main__":
    write(sample_path("korean_churn"))
