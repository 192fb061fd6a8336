"""The sans-I/O core: connection, calls and subscriptions as a machine that is driven from outside."""

from .calls import Call, Cancelled
from .consumers import Consumer
from .effects import Abort, Changed, Close, Effect, Open, PauseReading, ResumeReading, Serve, Strange, Transmit
from .leases import Lease
from .session import Session
from .wires import Roles, canonical_parameters, computed_topic

__all__ = [
    "Abort",
    "Call",
    "Cancelled",
    "Changed",
    "Close",
    "Consumer",
    "Effect",
    "Lease",
    "Open",
    "PauseReading",
    "ResumeReading",
    "Roles",
    "Serve",
    "Session",
    "Strange",
    "Transmit",
    "canonical_parameters",
    "computed_topic",
]
