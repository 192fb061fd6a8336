from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest
from wsgen.config import ClientSettings, DeliverySettings, DomainSettings
from wsgen.pipeline import build_client, default_folder, understand
from wsgen.problems import Problems, Stop

TRADING = Path(__file__).parents[2] / "specs" / "trading.asyncapi.json"


@pytest.mark.parametrize(
    ("title", "source", "folder"),
    [
        ("Trading WebSocket API", "x.json", "trading"),
        ("Datafeed WebSockets", "x.json", "datafeed"),
        ("Order Service", "x.json", "order"),
        ("API Gateway", "x.json", "api_gateway"),
        ("stock-quotes", "x.json", "stock_quotes"),
        ("WebSocket API", "specs/feed.asyncapi.json", "feed"),
        ("", "feed.yaml", "feed"),
        ("../../etc", "x.json", "etc"),
        ("API", "-", "client"),
    ],
)
def test_a_package_is_named_after_its_document(title: str, source: str, folder: str) -> None:
    assert default_folder(title, source) == folder


def test_a_document_is_understood_with_all_its_domains() -> None:
    problems = Problems()
    understood = understand(ClientSettings(input=TRADING.as_posix()), problems)
    (connection,) = understood.client.connections
    assert {domain.name for domain in connection.domains} == {
        "",
        "alerts",
        "bars",
        "broker.orders",
        "chat",
        "quotes",
    }
    assert understood.sources.files == (Path(TRADING.as_posix()),)
    assert list(understood.sources.digests) == [TRADING.name]
    assert not problems.fatal


def test_a_package_is_built_without_touching_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    built = build_client(ClientSettings(input=TRADING.as_posix()), Problems(), check=False)
    assert built.output == Path("trading")
    assert PurePosixPath("client.py") in built.files
    assert list(tmp_path.iterdir()) == []


def test_settings_of_another_machine_have_the_same_fingerprint() -> None:
    one = build_client(ClientSettings(input=TRADING.as_posix()), Problems(), check=False)
    settings = ClientSettings(input=TRADING.as_posix(), output=Path("/elsewhere/trading"))
    two = build_client(settings, Problems(), check=False)
    assert one.fingerprint == two.fingerprint
    assert one.files == two.files


def test_settings_that_differ_have_another_fingerprint() -> None:
    one = build_client(ClientSettings(input=TRADING.as_posix()), Problems(), check=False)
    settings = ClientSettings(input=TRADING.as_posix(), strict_enums=True)
    two = build_client(settings, Problems(), check=False)
    assert one.fingerprint != two.fingerprint


def test_errors_stop_before_names_are_settled(tmp_path: Path) -> None:
    spec = tmp_path / "bad.json"
    spec.write_text('{"asyncapi": "3.0.0", "info": {"title": "T", "version": "1"}, "channels": {}}', "utf-8")
    problems = Problems()
    with pytest.raises(Stop):
        build_client(ClientSettings(input=spec.as_posix()), problems)
    assert problems.fatal


def delivering(delivery: DeliverySettings) -> ClientSettings:
    domains = {"quotes": DomainSettings(delivery=delivery)}
    return ClientSettings(input=TRADING.as_posix(), domains=domains)


def test_a_configured_delivery_stands_in_the_descriptor() -> None:
    built = build_client(delivering(DeliverySettings("latest", key="symbol")), Problems(), check=False)
    assert 'delivery=Delivery(policy="latest", key="symbol"),' in built.files[PurePosixPath("quotes.py")]


def test_a_delivery_by_a_field_that_is_not_there_is_refused() -> None:
    problems = Problems()
    with pytest.raises(Stop):
        build_client(delivering(DeliverySettings("latest", key="symbl")), problems, check=False)
    (problem,) = [problem for problem in problems if problem.level == "error"]
    assert (problem.code, problem.help) == ("WSG428", "it has `symbol`, `bid`, `ask`, `status`")


def test_what_is_set_to_its_default_counts_and_where_it_stands_does_not() -> None:
    from wsgen.config import DomainSettings
    from wsgen.pipeline import fingerprint
    from wsgen.problems import Place

    def of(**given: Place) -> str:
        settings = ClientSettings("a.json", domains={"bars": DomainSettings(place=Place("x", 3, 1), given=given)})
        return fingerprint(settings, Path("bars"))

    assert of(topic=Place("x", 4, 1)) == of(topic=Place("y", 5, 2))
    assert of(topic=Place("x", 4, 1)) != of()


def test_a_setting_is_never_taken_for_a_place() -> None:
    from wsgen.pipeline import fingerprint

    one, two = (fingerprint(ClientSettings("a.json", rename={"input": name}), Path("a")) for name in ("one", "two"))
    assert one != two
    assert fingerprint(ClientSettings("a.json"), Path("a")) != fingerprint(ClientSettings("a.json"), Path("b"))
