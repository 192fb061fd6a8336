"""The configuration: `[tool.wsgen]` in pyproject.toml, or wsgen.toml, or wsgen.json; read and checked."""

from __future__ import annotations

from .files import find_config, load_config
from .layers import layered
from .lines import CLIENT, Line, lines_of, toml
from .settings import (
    ClientSettings,
    Config,
    DeliverySettings,
    DomainSettings,
    EnvelopeSetting,
    HeartbeatSettings,
    ImportExtension,
    Int64,
    ReplyRoles,
    RouteSetting,
    SubscriptionSettings,
    Target,
    Verbs,
)
from .shared import shared_runtime
from .tables import for_target, read_extensions, read_message_extensions

__all__ = [
    "CLIENT",
    "ClientSettings",
    "Config",
    "DeliverySettings",
    "DomainSettings",
    "EnvelopeSetting",
    "HeartbeatSettings",
    "ImportExtension",
    "Int64",
    "Line",
    "ReplyRoles",
    "RouteSetting",
    "SubscriptionSettings",
    "Target",
    "Verbs",
    "find_config",
    "for_target",
    "layered",
    "lines_of",
    "load_config",
    "read_extensions",
    "read_message_extensions",
    "shared_runtime",
    "toml",
]
