"""Fixtures of the API's tests."""

from tests.cloud import cloud as cloud
