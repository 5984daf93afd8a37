"""Scenarios as files that a person can read and write: those that once differed are kept, and tried first."""

import tomllib
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import tomli_w

from conformance.model.registries_toml import read_settings
from conformance.scenario.scenario import (
    ContentKind,
    Reachability,
    RegistriesFile,
    Scenario,
    ScenarioHost,
    ScenarioRepository,
)

FOLDER = Path(__file__).parent / "examples"
_TEXTS = ("name", "digest", "login", "mode")


def as_toml(scenario: Scenario, *comments: str) -> str:
    """Write a scenario as TOML, with comments above it; ``from_toml`` reads it back."""
    table: dict[str, Any] = {key: value for key in _TEXTS if (value := getattr(scenario, key))}
    table["logins"] = dict(scenario.logins)
    table["file"] = [{"path": each.path, "text": each.text} for each in scenario.files]
    table["host"] = [_host_table(each) for each in scenario.hosts]
    head = "".join(f"# {line}\n" for line in comments)
    text = tomli_w.dumps({key: value for key, value in table.items() if value}, multiline_strings=True)
    plain = text.replace('\\"', '"')  # quotes in a text of several lines need no backslash, unless three stand together
    return head + (plain if tomllib.loads(plain) == tomllib.loads(text) else text)


def _host_table(host: ScenarioHost) -> dict[str, Any]:
    table: dict[str, Any] = {"name": host.name, "spoken": str(host.spoken)}
    if host.fails:
        table["fails"] = host.fails
    table["repository"] = [_repository_table(each) for each in host.repositories]
    return table


def _repository_table(repository: ScenarioRepository) -> dict[str, Any]:
    table: dict[str, Any] = {"name": repository.name, "tags": list(repository.tags)}
    if repository.content:
        table |= {"content": str(repository.content), "version": repository.version}
    return table | ({"private_to": repository.private_to} if repository.private_to else {})


def from_toml(text: str) -> Scenario:
    """Read a scenario from TOML; what it does not know in there is passed over."""
    table = tomllib.loads(text)
    texts = {key: table.get(key, "") for key in _TEXTS}
    return Scenario(
        **texts,
        files=tuple(_file(each) for each in table.get("file", ())),
        hosts=tuple(_host(each) for each in table.get("host", ())),
        logins=tuple(table.get("logins", {}).items()),
    )


def _file(table: dict[str, Any]) -> RegistriesFile:
    written = read_settings(table["text"].encode(), reads_toml_1_1=True)
    entries = tuple(entry.registry for entry in written.registries or ())
    return RegistriesFile(table["path"], written.search, written.mode, entries, tuple((written.aliases or {}).items()))


def _host(table: dict[str, Any]) -> ScenarioHost:
    repositories = tuple(_repository(each) for each in table.get("repository", ()))
    return ScenarioHost(table["name"], repositories, Reachability(table["spoken"]), table.get("fails", 0))


def _repository(table: dict[str, Any]) -> ScenarioRepository:
    content = ContentKind(table["content"]) if "content" in table else None
    private_to = table.get("private_to", "")
    return ScenarioRepository(table["name"], content, table.get("version", 0), tuple(table["tags"]), private_to)


def load_corpus() -> Iterator[tuple[str, Scenario]]:
    """Give the scenarios that are kept, by name."""
    for path in sorted(FOLDER.glob("*.toml")):
        yield path.stem, from_toml(path.read_text(encoding="utf-8"))


def add_to_corpus(scenario: Scenario, oracle: str, lines: tuple[str, ...], folder: Path = FOLDER) -> Path:
    """Keep a scenario, named after the oracle and what it says; gives the file."""
    text = as_toml(scenario)
    word = "-".join(oracle.lower().split())
    path = folder / f"{word}-{sha256(text.encode()).hexdigest()[:8]}.toml"
    text = as_toml(scenario, f"Found with {oracle}:", *"\n".join(lines).splitlines())
    path.write_text(text, encoding="utf-8")
    return path
