"""`docs/configuration.md` names every key, with its default and its extension; and its examples are accepted."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import yaml
from wsgen.config import load_config, read_extensions, read_message_extensions
from wsgen.config.schema import DESCRIBED_KEYS, DOMAIN_KEYS, GENERAL_KEYS, PACKAGE_KEYS
from wsgen.problems import Place, Problems

TEXT = (Path(__file__).parents[1] / "docs" / "configuration.md").read_text("utf-8")


def rows(heading: str) -> list[list[str]]:
    """The cells of the table below a heading."""
    section = TEXT.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def extension(key: str) -> str:
    return f"`x-wsgen-{key.replace('_', '-')}`"


def test_every_key_of_a_client_has_its_row() -> None:
    found = {row[0].strip("`"): row for row in rows("Keys of a client")}
    described = set(DESCRIBED_KEYS) - set(GENERAL_KEYS)
    assert found.keys() == PACKAGE_KEYS.keys() | described
    for key, row in found.items():
        assert row[3] == (extension(key) if key in described else ""), key


def test_every_key_of_a_domain_has_its_row() -> None:
    found = rows("Keys of a domain")
    assert [row[0].strip("`") for row in found] == list(DOMAIN_KEYS)
    assert [row[0].strip("`") for row in found][-5:] == list(GENERAL_KEYS)
    for row in found:
        assert row[3] == extension(row[0].strip("`"))


def schemas_of_subscriptions() -> Any:
    subscriptions: Any = DESCRIBED_KEYS["subscriptions"]
    return subscriptions["additionalProperties"]


def test_every_key_of_the_tables_within_has_its_row() -> None:
    schemas: dict[str, Any] = {key: DESCRIBED_KEYS[key] for key in ("heartbeat", "reply", "delivery", "verbs")}
    schemas["subscriptions"] = schemas_of_subscriptions()
    expected = [(table, key) for table, schema in schemas.items() for key in schema["properties"]]
    assert [(row[0].strip("`"), row[1].strip("`")) for row in rows("Tables within")] == expected


def test_defaults_are_those_of_the_schema() -> None:
    keys: dict[str, Any] = {**PACKAGE_KEYS, **DESCRIBED_KEYS, **DOMAIN_KEYS}
    shown = {row[0].strip("`"): row[1] for row in (*rows("Keys of a client"), *rows("Keys of a domain"))}
    for key, schema in keys.items():
        if "default" in schema and schema["default"] != []:
            assert shown[key] == f"`{json.dumps(schema['default'])}`", key
    for table, key, default, _ in rows("Tables within"):
        of_table = schemas_of_subscriptions() if table == "`subscriptions`" else keys[table.strip("`")]
        schema = of_table["properties"][key.strip("`")]
        if "default" in schema:
            assert default == f"`{json.dumps(schema['default'])}`", (table, key)


def test_the_example_is_accepted(tmp_path: Path) -> None:
    (example,) = re.findall(r"^```toml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    assert tomllib.loads(example)
    (tmp_path / "pyproject.toml").write_text(example, "utf-8")
    problems = Problems()
    config = load_config(tmp_path, problems)
    assert list(problems) == []
    assert [client.url_env for client in config.clients] == ["SHOP_WS_URL", "SHOP_WS_URL"]


def test_the_extensions_are_accepted() -> None:
    (example,) = re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    document = yaml.safe_load(example)
    problems = Problems()
    read_extensions(document["info"], Place("x"), problems)
    said = read_message_extensions(
        document["components"]["messages"]["bars.subscribe"], "subscribe", Place("x"), problems
    )
    assert list(problems) == []
    assert said.topic == "bars:{symbol}:{resolution}"
