"""The tables that are shipped: small, real where they say so, and free to pass on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mlops_core.domain.params import Task
from mlops_core.errors import NotFound
from mlops_core.i18n import N_, _

SAMPLES_DIR = Path(__file__).resolve().parents[2] / "data" / "samples"


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A shipped table. ``label`` and ``description`` are translated where they are shown."""

    key: str
    name: str  # of the dataset that is made from it
    label: str
    description: str
    target: str
    task: Task
    file: str
    rows: int
    source: str
    licence: str


SAMPLES: tuple[Sample, ...] = (
    Sample(
        key="penguins",
        name="penguins",
        label=N_("Penguins"),
        description=N_("Three species by their measurements, with some values missing."),
        target="species",
        task=Task.CLASSIFICATION,
        file="penguins.csv",
        rows=344,
        source="Gorman, Williams and Fraser (2014), Palmer Station LTER; palmerpenguins 0.1.6",
        licence="CC0 1.0",
    ),
    Sample(
        key="breast_cancer",
        name="breast-cancer",
        label=N_("Breast cancer"),
        description=N_("Benign or malignant, from 30 measurements of cell nuclei."),
        target="diagnosis",
        task=Task.CLASSIFICATION,
        file="breast_cancer.csv",
        rows=569,
        source="Wolberg, Mangasarian, Street and Street (1995), UCI, doi:10.24432/C5DW2B",
        licence="CC BY 4.0",
    ),
    Sample(
        key="auto_mpg",
        name="auto-mpg",
        label=N_("Car fuel economy"),
        description=N_("Miles per gallon of cars from 1970 to 1982."),
        target="miles_per_gallon",
        task=Task.REGRESSION,
        file="auto_mpg.csv",
        rows=406,
        source="Quinlan (1993), StatLib and UCI, doi:10.24432/C5859H",
        licence="CC BY 4.0",
    ),
    Sample(
        key="korean_churn",
        name="통신고객-이탈-합성",
        label=N_("Telecom customers in Korean (synthetic)"),
        description=N_(
            "Who leaves? Made by a program, no real people: Korean names and values, dates, memos,"
            " in the cp949 encoding."
        ),
        target="이탈여부",
        task=Task.CLASSIFICATION,
        file="통신고객_이탈_합성.csv",
        rows=3000,
        source="mlops_core/data/korean.py",
        licence="CC0 1.0",
    ),
)


def find_sample(key: str) -> Sample:
    """The sample with this ``key``.

    Raises:
        NotFound: there is none.
    """
    for sample in SAMPLES:
        if sample.key == key:
            return sample
    raise NotFound(
        _("There is no sample “{key}”.").format(key=key),
        _("Choose one of: {keys}.").format(keys=", ".join(sample.key for sample in SAMPLES)),
        field="sample",
    )


def sample_path(key: str) -> Path:
    """Where the file of a sample lies, whatever the working directory.

    Raises:
        NotFound: there is no such sample.
    """
    return SAMPLES_DIR / find_sample(key).file
