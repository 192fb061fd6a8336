"""Typed WebSocket clients from AsyncAPI documents."""
