"""Settles every name of a generated package at once."""

from __future__ import annotations

from .names import (
    ConnectionNames,
    DomainNames,
    FakeDomainNames,
    FakeNames,
    FakeSubscriptionNames,
    HandlerNames,
    MemberNames,
    ModuleNames,
    Names,
    PushNames,
    RequestNames,
    RootKind,
    SendNames,
    ServerNames,
    SubscriptionNames,
)
from .naming import name, payload_uses

__all__ = [
    "ConnectionNames",
    "DomainNames",
    "FakeDomainNames",
    "FakeNames",
    "FakeSubscriptionNames",
    "HandlerNames",
    "MemberNames",
    "ModuleNames",
    "Names",
    "PushNames",
    "RequestNames",
    "RootKind",
    "SendNames",
    "ServerNames",
    "SubscriptionNames",
    "name",
    "payload_uses",
]
