"""MLOps One-App: the engine. It knows nothing of Streamlit."""

from __future__ import annotations

__version__ = "0.1.0"
