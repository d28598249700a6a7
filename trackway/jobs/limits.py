"""Limits that a job meets before its video is opened."""

from __future__ import annotations

__all__ = ["MAX_VIDEO_BYTES", "too_large"]

MAX_VIDEO_BYTES = 10 * 1024**3
"""Larger videos are refused (SPEC R25)."""


def too_large(size_bytes: int, limit_bytes: int) -> str:
    """Rekognition's sentence for a video beyond the limit (SPEC R23)."""
    return f"Video size in bytes: {size_bytes} is more than the maximum limit of: {limit_bytes} bytes."
