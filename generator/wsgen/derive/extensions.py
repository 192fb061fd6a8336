"""What a document says about its own client, in `x-wsgen-*` extensions of its root or its `info`."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from wsgen.config import ClientSettings, read_extensions
from wsgen.model import Application
from wsgen.problems import Problems

__all__ = ["effective_settings"]


def effective_settings(application: Application, settings: ClientSettings, problems: Problems) -> ClientSettings:
    """The settings with what the document adds; where both speak, the configuration wins."""
    if not any(name.startswith("x-wsgen-") for name in application.extensions):
        return settings
    own = read_extensions(application.extensions, application.place, problems)
    default = ClientSettings(input="")
    changes: dict[str, Any] = {}  # fields by name: their types differ
    for each in fields(ClientSettings):
        given, said, usual = (getattr(side, each.name) for side in (settings, own, default))
        if isinstance(given, dict):
            changes[each.name] = {**said, **given}
        elif given == usual and each.name not in ("input", "output", "place"):
            changes[each.name] = said
    return replace(settings, **changes)
