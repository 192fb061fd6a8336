"""Real documents: what becomes of them, as one table.

`WSGEN_CORPUS` names a folder with documents in `ws/` (those with a WebSocket server), `multi/` (folder trees of
documents that refer to files beside them) and `other/` (documents of other protocols). `python -m tests.corpus`
builds all of them and prints the table; `pytest tests/corpus` builds all, and takes a tenth through the checks
that are slow.
"""
