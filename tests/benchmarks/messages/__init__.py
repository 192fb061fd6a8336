"""What a received message costs, beside the bare libraries and beside other clients: CPU time, as ratios of one run.

`python -m tests.benchmarks.messages` measures and prints; with `--write` it writes `docs/performance.md`.
"""
