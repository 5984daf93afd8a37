"""What a scenario says in vain: a host nobody can reach, a login nobody is shown, a name that is none."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from msgspec.structs import replace

from conformance.model.reference import InvalidReferenceError, Reference
from conformance.model.registries import InvalidRegistriesConfError
from conformance.registry_hosts.personality import WELL_KNOWN
from conformance.runtime.configuration import CONTAINERS, REGISTRIES_CONF
from conformance.scenario.arrangement import puller_of, replaced_files
from conformance.scenario.calls import ListCall, PodCall, ReloadCall, RestartCall, ScenarioCall
from conformance.scenario.checks import Wrong
from conformance.scenario.key_locator import line_of, write_key_path
from conformance.scenario.scenario import USER, Reachability, Scenario

DROP_INS = f"{REGISTRIES_CONF}.d/"


def lint(scenario: Scenario, text: str, name: str) -> list[str]:
    """Give a sentence for each thing in vain, with file, line and key, in the order of the lines."""
    found = [(line_of(text, path), path, why) for path, why in wasted(scenario)]
    return [f"{name}, line {line}: {write_key_path(path)}: {why}" for line, path, why in sorted(found)]


def wasted(scenario: Scenario) -> Iterator[Wrong]:
    """Give what is in vain, by the rules of the newest release that the model knows."""
    yield from _files(scenario)
    asked = _Asked()
    state = scenario
    for number, call in enumerate(scenario.calls):
        if isinstance(call, ReloadCall):
            state = replace(state, files=replaced_files(state, call.files))
        yield from _call(call, number, state, asked)
    if asked.unreadable:
        return
    yield from _hosts(scenario, asked)
    for key in scenario.logins:
        if not any(f"{place.name}/".startswith(f"{_full(key)}/") for place in asked.places):
            yield ["logins", key], "nothing is asked for that this login is for"


@dataclass
class _Asked:
    """Where images are looked for: ``places``; ``unreadable`` says that no one can tell."""

    places: list[Reference] = field(default_factory=list)
    unreadable: bool = False


def _files(scenario: Scenario) -> Iterator[Wrong]:
    own = any(each.path == USER for each in scenario.files)
    for number, file in enumerate(scenario.files):
        if file.path.startswith(DROP_INS) and not file.path.endswith(".conf"):
            yield ["file", number, "path"], "a drop-in is only read where its name ends in .conf"
        elif own and file.path.startswith(REGISTRIES_CONF):
            yield ["file", number, "path"], f"it is not read where there is {USER}"
        elif file.path.startswith(CONTAINERS) and not file.text.strip():
            yield ["file", number, "text"], "it is empty"


def _call(call: ScenarioCall, number: int, state: Scenario, asked: _Asked) -> Iterator[Wrong]:
    """Take note of where a call looks, and say which name of it is none."""
    names = [each.image for each in call.volumes] if isinstance(call, PodCall) else [getattr(call, "name", "")]
    fails = call.expect is not None and (
        call.expect.succeeds is False or bool(call.expect.error or call.expect.error_has)
    )
    for name in names:
        if not name:
            if not isinstance(call, ListCall | ReloadCall | RestartCall) and not fails:
                yield ["call", number], "an image without a name is none"
            continue
        try:
            puller = puller_of(state)
        except InvalidRegistriesConfError as error:
            asked.unreadable = True
            yield ["file"], f"CRI-O does not start with this: {error}"
            return
        resolution = puller.resolve(name)
        if resolution.refusal and not fails:
            yield ["call", number, "name"], f"nobody is asked for it: {resolution.refusal}"
        for candidate in resolution.candidates:
            with suppress(InvalidReferenceError):
                asked.places += [source.reference for source in puller.sources(candidate)]


def _hosts(scenario: Scenario, asked: _Asked) -> Iterator[Wrong]:
    names = {place.domain.lower() for place in asked.places}
    places = {(place.domain.lower(), place.path) for place in asked.places}
    for number, host in enumerate(scenario.hosts):
        if host.name.lower() not in names:
            yield ["host", number, "name"], f"no call can reach {host.name}"
            continue
        if host.reached in {Reachability.REFUSED, Reachability.UNKNOWN_HOST} and (host.repositories or host.answers):
            yield ["host", number, "reached"], f"nobody reaches {host.name}, whatever it holds"
        personality = WELL_KNOWN.get(host.name)
        for at, repository in enumerate(host.repositories):
            if repository.private_to and not (personality and personality.realm):
                why = f"{host.name} asks nobody for a login: whoever asks is told that there is nothing"
                yield ["host", number, "repository", at, "private_to"], why
            path = personality.repository(repository.name) if personality else repository.name
            if (host.name.lower(), path) not in places:
                yield ["host", number, "repository", at, "name"], f"no call asks {host.name} for {repository.name}"
    known = {host.name.lower() for host in scenario.hosts} | {*WELL_KNOWN}
    for name in sorted(names - known):
        yield ["host"], f"{name} is asked, and no [[host]] says how it answers: nobody knows that name"


def _full(key: str) -> str:
    """Give the key of a login as the names of images have it: docker.io has an old one (containers-auth.json(5))."""
    return "docker.io" if key.startswith("https://index.docker.io/") else key
