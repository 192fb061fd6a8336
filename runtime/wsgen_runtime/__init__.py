"""The runtime of generated WebSocket clients."""
