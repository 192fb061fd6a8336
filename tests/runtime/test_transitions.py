"""The table over wanted, held and happening is complete, and says nothing that would send a wrong frame."""

from __future__ import annotations

from itertools import product

import pytest
from wsgen_runtime.transitions import TABLE, Act, Happening, Held

IMPOSSIBLE = {(False, Happening.JOINED), (True, Happening.LEFT)}
"""Who joins wants it, and the last who leaves does not: `wanted` is the fact after the happening."""

CASES = [case for case in product((True, False), Held, Happening) if (case[0], case[2]) not in IMPOSSIBLE]

SENT_BY = {Act.ASK: Held.ASKED, Act.RELEASE: Held.RELEASING}
"""A frame is sent by exactly these acts, and each leads to one state."""


def name(value: object) -> str:
    return value.name if isinstance(value, Held | Happening) else ("wanted" if value else "unwanted")


def in_every_case() -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("wanted", "held", "happening"), CASES, ids=name)


def test_every_case_has_its_line_and_nothing_else_is_there() -> None:
    assert set(TABLE) == set(CASES)
    assert len(TABLE) == len(Held) * (2 * len(Happening) - len(IMPOSSIBLE))


@in_every_case()
def test_a_frame_leads_to_the_state_that_waits_for_its_answer(wanted: bool, held: Held, happening: Happening) -> None:
    after, act = TABLE[wanted, held, happening]
    if act in SENT_BY:
        assert after is SENT_BY[act]
        assert held is not after or happening is Happening.SILENT, (
            "the same frame is never sent twice on one connection without an answer or silence"
        )
    if after is Held.ASKED and held is not Held.ASKED:
        assert act is Act.ASK, "nothing counts as asked that was not sent"


@in_every_case()
def test_only_what_is_wanted_is_asked_and_confirmed(wanted: bool, held: Held, happening: Happening) -> None:
    _, act = TABLE[wanted, held, happening]
    if act in (Act.ASK, Act.CONFIRM, Act.REJECT):
        assert wanted
    if act is Act.RELEASE:
        assert not wanted


@in_every_case()
def test_what_is_held_is_known_from_an_ok(wanted: bool, held: Held, happening: Happening) -> None:
    after, act = TABLE[wanted, held, happening]
    if after is Held.HELD and held is not Held.HELD:
        assert happening is Happening.CONFIRMED
        assert wanted
        assert act is Act.CONFIRM
    if act is Act.CONFIRM:
        assert after is Held.HELD


@in_every_case()
def test_only_what_the_server_said_ok_to_is_released(wanted: bool, held: Held, happening: Happening) -> None:
    _, act = TABLE[wanted, held, happening]
    if act is Act.RELEASE:
        assert held is Held.HELD or happening is Happening.CONFIRMED


MOVED_BY = {
    Held.ABSENT: {Happening.OPENED, Happening.JOINED, Happening.CONFIRMED, Happening.UNDONE},
    Held.ASKED: {Happening.CONFIRMED, Happening.REFUSED, Happening.SILENT, Happening.UNDONE, Happening.LOST},
    Held.HELD: {Happening.LEFT, Happening.LOST},
    Held.RELEASING: {Happening.RELEASED, Happening.LOST},
}
"""What each state can be left by. Answers that come when they are not waited for move nothing."""


@in_every_case()
def test_a_state_is_left_only_by_what_concerns_it(wanted: bool, held: Held, happening: Happening) -> None:
    after, act = TABLE[wanted, held, happening]
    if happening not in MOVED_BY[held]:
        assert after is held
        assert act is (Act.CONFIRM if (held, happening) == (Held.HELD, Happening.JOINED) else Act.NOTHING)


@in_every_case()
def test_a_refusal_ends_those_who_wait_for_its_subscribe(wanted: bool, held: Held, happening: Happening) -> None:
    rejected = wanted and held is Held.ASKED and happening is Happening.REFUSED

    assert (TABLE[wanted, held, happening][1] is Act.REJECT) == rejected


@pytest.mark.parametrize("wanted", [True, False])
def test_a_subscribe_is_over_with_its_refusal(wanted: bool) -> None:
    assert TABLE[wanted, Held.ASKED, Happening.REFUSED][0] is Held.ABSENT


def test_a_subscribe_is_silent_when_nobody_waits_any_more() -> None:
    assert TABLE[False, Held.ASKED, Happening.SILENT] == (Held.ABSENT, Act.NOTHING)


def test_what_is_renewed_without_an_answer_is_asked_for_once_more() -> None:
    assert TABLE[True, Held.ASKED, Happening.SILENT] == (Held.ASKED, Act.ASK)


def test_the_last_to_leave_releases_what_is_held() -> None:
    assert TABLE[False, Held.HELD, Happening.LEFT] == (Held.RELEASING, Act.RELEASE)


def test_what_is_wanted_is_asked_as_soon_as_it_can_be() -> None:
    assert TABLE[True, Held.ABSENT, Happening.OPENED] == (Held.ASKED, Act.ASK)


@pytest.mark.parametrize("held", [Held.ABSENT, Held.ASKED])
@pytest.mark.parametrize("wanted", [True, False])
def test_an_ok_that_an_unsubscribe_has_overtaken_waits_for_its_answer(wanted: bool, held: Held) -> None:
    assert TABLE[wanted, held, Happening.UNDONE] == (Held.RELEASING, Act.NOTHING)


@in_every_case()
def test_a_release_is_under_way_only_after_an_unsubscribe(wanted: bool, held: Held, happening: Happening) -> None:
    after, act = TABLE[wanted, held, happening]
    if after is Held.RELEASING and held is not Held.RELEASING:
        assert act is Act.RELEASE or happening is Happening.UNDONE


@pytest.mark.parametrize("wanted", [True, False])
@pytest.mark.parametrize("held", list(Held))
def test_nothing_of_a_lost_connection_is_left(wanted: bool, held: Held) -> None:
    assert TABLE[wanted, held, Happening.LOST] == (Held.ABSENT, Act.NOTHING)


@pytest.mark.parametrize("held", list(Held))
def test_whoever_joins_is_on_the_way_to_a_confirmation(held: Held) -> None:
    after, act = TABLE[True, held, Happening.JOINED]
    assert after is not Held.ABSENT
    assert (act is Act.CONFIRM) == (after is Held.HELD)


@pytest.mark.parametrize("held", list(Held))
def test_a_refusal_sends_nothing_and_silence_only_to_renew(held: Held) -> None:
    for wanted, happening in product((True, False), (Happening.REFUSED, Happening.SILENT)):
        if (wanted, held, happening) != (True, Held.ASKED, Happening.SILENT):
            assert TABLE[wanted, held, happening][1] in (Act.NOTHING, Act.REJECT)


def test_a_late_ok_is_adopted_or_undone() -> None:
    for held in (Held.ABSENT, Held.ASKED):
        assert TABLE[True, held, Happening.CONFIRMED] == (Held.HELD, Act.CONFIRM)
        assert TABLE[False, held, Happening.CONFIRMED] == (Held.RELEASING, Act.RELEASE)


def test_who_waited_for_a_release_is_asked_after_it() -> None:
    assert TABLE[True, Held.RELEASING, Happening.RELEASED] == (Held.ASKED, Act.ASK)
    assert TABLE[False, Held.RELEASING, Happening.RELEASED] == (Held.ABSENT, Act.NOTHING)
