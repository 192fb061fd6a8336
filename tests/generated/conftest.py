"""What goes through a real socket is tried on each transport."""

from __future__ import annotations

import pytest

from tests.transports import TRANSPORTS


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> str:
    """The option of the client. The package has to have the transport on picows."""
    name: str = request.param
    return name
