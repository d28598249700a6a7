"""Where an embedded cloud listens."""

from __future__ import annotations

import pytest

from trackway.errors import OptionError
from trackway.local.server import _bind


def test_two_clouds_that_start_at_once_take_two_ports() -> None:
    with _bind(0) as one, _bind(0) as other:
        ports = one.getsockname()[1], other.getsockname()[1]
        assert ports[0] != ports[1]
        with pytest.raises(OptionError, match=f"--port {ports[0]}: cannot listen there .* Name another, or none to take the next free one"):
            _bind(ports[0])
