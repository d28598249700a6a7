"""Fixtures of the store's tests."""

from tests.cloud import cloud as cloud
