"""The types of the runtime's connection options, for façades that need some of them under another name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .scope import Scope

__all__ = ["OPTION_TYPES", "OptionType"]


@dataclass(frozen=True, slots=True)
class OptionType:
    """A type: `text` with each name that it imports, or that is a builtin, in braces."""

    text: str
    imports: Mapping[str, str]

    def shown(self, scope: Scope) -> str:
        """The type in a module's own names."""
        names = {name: scope.use(module, name) for name, module in self.imports.items()}
        used = [name for name in ("str", "int", "float", "object") if f"{{{name}}}" in self.text]
        return self.text.format_map({**names, **{name: scope.builtin(name) for name in used}})


_RUNTIME, _ABC, _TYPING = "._runtime", "collections.abc", "typing"
_PAIRS = OptionType("{Credential}[{Mapping}[{str}, {str}]]", {"Credential": _RUNTIME, "Mapping": _ABC})
_SECONDS = OptionType("{float}", {})
_SECONDS_OR_NONE = OptionType("{float} | None", {})
_COUNT_OR_NONE = OptionType("{int} | None", {})


def _hook(event: str) -> OptionType:
    return OptionType(f"{{Callable}}[[{{{event}}}], None]", {"Callable": _ABC, event: _RUNTIME})


OPTION_TYPES: Mapping[str, OptionType] = {
    "headers": _PAIRS,
    "query": _PAIRS,
    "subprotocols": OptionType("{Credential}[{Sequence}[{str}]]", {"Credential": _RUNTIME, "Sequence": _ABC}),
    "cookies": _PAIRS,
    "ssl": OptionType("{SSLContext}", {"SSLContext": "ssl"}),
    "connect_timeout": _SECONDS,
    "open_timeout": _SECONDS,
    "timeout": _SECONDS,
    "max_attempts": _COUNT_OR_NONE,
    "retry": OptionType("{Retry}", {"Retry": _RUNTIME}),
    "on_disconnect": OptionType("{OnDisconnect}", {"OnDisconnect": _RUNTIME}),
    "ttl": _SECONDS,
    "heartbeat": OptionType("{Heartbeat} | None", {"Heartbeat": _RUNTIME}),
    "max_silence": _SECONDS,
    "ping_interval": _SECONDS_OR_NONE,
    "ping_timeout": _SECONDS_OR_NONE,
    "max_size": _COUNT_OR_NONE,
    "compression": OptionType('{Literal}["deflate"] | None', {"Literal": _TYPING}),
    "transport": OptionType("{object}", {}),
    "on_unknown": _hook("UnknownMessage"),
    "on_state": _hook("ConnectionEvent"),
}
"""Every key of the runtime's `ConnectionOptions`, in its order."""
