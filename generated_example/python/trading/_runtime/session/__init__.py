"""The sans-I/O core: connection, calls and subscriptions as a machine that is driven from outside."""

from .answers import Asked
from .calls import Call, Cancelled
from .consumers import Consumer
from .correlation import Ids, id_text, reader, with_id
from .effects import Abort, Changed, Close, Effect, Open, PauseReading, ResumeReading, Serve, Strange, Transmit
from .leases import Lease
from .routes import maker, unwrapped
from .session import Session
from .wires import Roles, canonical_parameters, computed_topic, release_parameters

__all__ = [
    "Abort",
    "Asked",
    "Call",
    "Cancelled",
    "Changed",
    "Close",
    "Consumer",
    "Effect",
    "Ids",
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
    "id_text",
    "maker",
    "reader",
    "release_parameters",
    "unwrapped",
    "with_id",
]
