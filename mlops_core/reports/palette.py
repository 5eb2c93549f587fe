"""The colours of charts. A run has the same one on every page and in every document."""

from __future__ import annotations

# Found by search: the ten that lie furthest apart for full and for colour-blind sight (all three
# kinds) with a contrast of 3:1 and more to the paper. .streamlit/config.toml has the same ten.
LIGHT = (
    "#4F46E5", "#52A33E", "#CA72C1", "#068CF9", "#F90606",
    "#9C8D81", "#036E81", "#762D43", "#54358D", "#9F041B",
)  # fmt: skip
DARK = (
    "#818CF8", "#42FA70", "#C15CA8", "#60CCFB", "#F98424",
    "#F9E006", "#188B68", "#A37A3E", "#D2C6D2", "#B4DB9F",
)  # fmt: skip
