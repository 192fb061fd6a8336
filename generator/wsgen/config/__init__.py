"""The configuration: `[tool.wsgen]` in pyproject.toml, or wsgen.toml, or wsgen.json; read and checked."""

from __future__ import annotations

from .files import find_config, load_config
from .settings import (
    ClientSettings,
    Config,
    DeliverySettings,
    DomainSettings,
    ReplyRoles,
    RouteSetting,
    Verbs,
)
from .tables import read_extensions

__all__ = [
    "ClientSettings",
    "Config",
    "DeliverySettings",
    "DomainSettings",
    "ReplyRoles",
    "RouteSetting",
    "Verbs",
    "find_config",
    "load_config",
    "read_extensions",
]
