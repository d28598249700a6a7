"""Fixtures of the jobs's tests."""

from tests.cloud import cloud as cloud
