"""Where the TypeScript runs: Node with the package `ws`, and what has a `WebSocket` of its own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from .tools import HERE, NodeTools, installed

__all__ = ["PLATFORMS", "command", "there"]

PLATFORMS: Mapping[str, str] = {"node-20": "ws", "node-22": "own", "deno": "own", "bun": "own"}
"""Each with the `WebSocket` that is used there."""

_FROM_PACKAGES = {
    "deno": ("@deno/*/deno", ["run", "--no-config", "--no-lock", "--no-remote", "--allow-net", "--allow-env"]),
    "bun": ("@oven/*/bin/bun", ["run", "--no-install"]),
}


def command(tools: NodeTools, platform: str) -> list[str]:
    """What runs a script there; see `there`."""
    if platform == "node-20":
        return ["node", "--enable-source-maps", "--experimental-websocket"]
    if platform == "node-22":
        return [there(platform, tools.nodes["22"]), "--enable-source-maps"]
    pattern, arguments = _FROM_PACKAGES[platform]
    found = sorted(installed(HERE / "platforms").glob(pattern))
    return [there(platform, found[0] if found else None), *arguments]


def there(platform: str, program: Path | str | None) -> str:
    """The program. Without it the test is left out, but not in CI."""
    if program is None:
        assert not os.environ.get("CI"), f"there is no package of {platform} for this machine"
        pytest.skip(f"there is no package of {platform} for this machine")
    return str(program)
