"""An application that uses a generated client needs `websockets` and `pydantic`, and nothing of wsgen."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.servers import TradingServer, environment

EXAMPLE = Path(__file__).parents[2] / "generated_example" / "python" / "trading"
REQUIREMENTS = ("websockets>=15,<18", "pydantic>=2.12")

PROGRAM = """
import asyncio, importlib.util, sys
from shop.trading import BarsSubscriptionRequest, TradingClient

async def main(url):
    async with TradingClient(url) as trading:
        subscription = await trading.bars.subscribe(BarsSubscriptionRequest(symbol="AAPL"), print)
        print(subscription.state, await trading.ping())
        await subscription.unsubscribe()

asyncio.run(main(sys.argv[1]))
foreign = [name for name in ("wsgen", "wsgen_runtime", "jinja2", "jsonschema") if importlib.util.find_spec(name)]
assert not foreign, foreign
"""


def test_a_bare_environment_is_enough(tmp_path: Path, trading_server: TradingServer) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "shop" / "trading", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "shop" / "__init__.py").touch()
    command = [str(environment(REQUIREMENTS)), "-W", "error", "-c", PROGRAM, trading_server.url]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
    assert run.returncode == 0, run.stderr
    assert run.stdout == "CONFIRMED None\n"
