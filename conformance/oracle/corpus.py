"""The scenarios that once differed: they are kept as files, and tried first."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from conformance.scenario.scenario import Scenario
from conformance.scenario.scenario_reader import SUFFIX, read_scenario
from conformance.scenario.writer import as_toml

FOLDER = Path(__file__).parent / "examples"


def load_corpus() -> Iterator[tuple[str, Scenario]]:
    """Give the scenarios that are kept, by name."""
    for path in sorted(FOLDER.glob(f"*{SUFFIX}")):
        yield path.name.removesuffix(SUFFIX), read_scenario(path)


def add_to_corpus(scenario: Scenario, oracle: str, lines: tuple[str, ...], folder: Path = FOLDER) -> Path:
    """Keep a scenario, named after the oracle and what it says; gives the file."""
    text = as_toml(scenario)
    word = "-".join(oracle.lower().split())
    path = folder / f"{word}-{sha256(text.encode()).hexdigest()[:8]}{SUFFIX}"
    text = as_toml(scenario, f"Found with {oracle}:", *"\n".join(lines).splitlines())
    path.write_text(text, encoding="utf-8")
    return path
