# Needs an environment with `pip install -e '.[dev]'`. What runs in CI is .ci/run: the same as `make check`.

.PHONY: check fix test faults soak corpus fuzz regen bench

check:
	ruff format --check
	ruff check
	mypy
	pyright
	pytest

fix:
	ruff check --fix
	ruff format

test:
	pytest

# Everything that goes wrong on the wire, on every transport.
faults:
	WSGEN_TRANSPORT=websockets pytest tests/faults
	WSGEN_TRANSPORT=websockets-recv pytest tests/faults
	WSGEN_TRANSPORT=picows pytest tests/faults

# 10,000 subscriptions through 200 drops; ten minutes of load with drops.
soak:
	WSGEN_SOAK=1 pytest -s tests/faults/test_soak.py tests/faults/test_load.py

# What becomes of real documents, as a table; WSGEN_CORPUS names the folder that holds them.
corpus:
	python -m tests.corpus

# 20,000 documents that nobody wrote, through the whole build.
fuzz:
	WSGEN_FUZZ=20000 pytest -s tests/generator/test_fuzz.py

# What datamodel-code-generator says of common types; the document as the trading server publishes it, what
# `wsgen build` makes of it and of its twin, what it prints; the diagrams of docs/runtime.md; the schema of the
# configuration.
regen:
	python -m tests.generator.test_payloads_answers
	ruff format -q generator/wsgen/payloads/answers.py
	python -m tests.servers.document
	wsgen build specs/trading.asyncapi.json -o generated_example/python/trading --force
	wsgen build specs/trading-3.asyncapi.yaml -o generated_example/python/trading_3 --force
	wsgen build specs/trading.asyncapi.json -o generated_example/typescript/trading --target typescript --force
	wsgen build specs/trading-3.asyncapi.yaml -o generated_example/typescript/trading_3 --target typescript --force
	python -m tests.test_readme
	python -m tests.diagrams
	wsgen schema config > docs/schemas/config.schema.json

bench:
	WSGEN_BENCH=1 pytest -s -m benchmark tests/benchmarks
