"""What is wrong with the values of a scenario whose keys and types are right: one sentence each, with the key."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from conformance.model.platform import Platform
from conformance.model.release import Release
from conformance.registry_hosts.arguments import check_failure, checked_host, checked_path
from conformance.registry_hosts.personality import WELL_KNOWN
from conformance.scenario.calls import STATEMENTS_OF, Expectation, PullCall, ReloadCall, ScenarioCall, ScenarioFile
from conformance.scenario.contents import scenario_digest
from conformance.scenario.key_locator import KeyPath
from conformance.scenario.policy_file import PolicyFileError, is_policy_file, read_policy
from conformance.scenario.scenario import Reachability, Scenario, ScenarioAnswer, ScenarioHost, ScenarioRepository

Wrong = tuple[KeyPath, str]
STATUSES = range(200, 600)
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
"""What HTTP calls a token (RFC 9110, section 5.6.2)."""
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_FOLDERS = ("/etc/containers", "/etc/containers/registries.conf.d", "/etc/crio", "/etc/crio/crio.conf.d", "~/.config")
_ISSUE = re.compile(r"[\w.-]+/[\w.-]+#\d+|unreported")


def wrong_values(scenario: Scenario) -> Iterator[Wrong]:
    """Give what is wrong, in the order of the file's keys."""
    for number, issue in enumerate(scenario.upstream):
        if not _ISSUE.fullmatch(issue):
            yield ["upstream", number], f"{issue!r} is no issue: write it as cri-o/cri-o#8780"
    for number, release in enumerate(scenario.seen_on):
        if not _is_release(release):
            yield ["seen_on", number], f"{release!r} is no release: write it as 1.36.3"
    if scenario.crio.signature_policy and not scenario.crio.signature_policy.startswith("/"):
        yield ["crio", "signature_policy"], "the path of a policy begins with /"
    yield from _files(scenario.files, ["file"])
    yield from _repeated([each.name.lower() for each in scenario.hosts], ["host"], "name")
    for number, host in enumerate(scenario.hosts):
        yield from _host(host, ["host", number])
    if not scenario.calls:
        yield [], "nothing is called: write at least one [[call]]"
    for number, call in enumerate(scenario.calls):
        yield from _call(call, ["call", number])


def _files(files: Sequence[ScenarioFile], at: KeyPath) -> Iterator[Wrong]:
    yield from _repeated([each.path for each in files], at, "path")
    for number, file in enumerate(files):
        path = PurePosixPath(file.path)
        if not file.path.startswith(("/etc/", "~/")) or ".." in path.parts:
            yield [*at, number, "path"], f"{file.path!r} lies neither below /etc/ nor below the home, ~/"
        elif str(path) != file.path or file.path in _FOLDERS or not file.path.isprintable():
            yield [*at, number, "path"], f"{file.path!r} is no path of a file"
        elif above := next((each.path for each in files if each.path in map(str, path.parents)), ""):
            yield [*at, number, "path"], f"{above} is a file of this scenario, so that nothing lies below it"
        if is_policy_file(file.path):
            try:
                read_policy(file.text)
            except PolicyFileError as error:
                yield [*at, number, "text"], str(error)


def _repeated(names: list[str], at: KeyPath, key: str) -> Iterator[Wrong]:
    for number, name in enumerate(names):
        if name in names[:number]:
            yield [*at, number, key], f"{name} is there twice"


def _host(host: ScenarioHost, at: KeyPath) -> Iterator[Wrong]:
    try:
        checked_host(host.name)
    except ValueError as error:
        yield [*at, "name"], str(error)
    if host.name.lower() in WELL_KNOWN and host.reached is not Reachability.TLS:
        yield (
            [*at, "reached"],
            f"{host.name} is always reached by TLS: take another name, such as one.example.com",
        )
    if host.fails:
        try:
            check_failure(host.fails, host.retry_after)
        except ValueError as error:
            yield [*at, "fails"], str(error)
    elif host.retry_after is not None:
        yield [*at, "retry_after"], "this goes with a failure: write fails = 429 as well"
    for number, answer in enumerate(host.answers):
        yield from _answer(answer, [*at, "answer", number])
    yield from _repeated_content(host.repositories, [*at, "repository"])
    for number, repository in enumerate(host.repositories):
        yield from _repository(host.name, repository, [*at, "repository", number])


def _answer(answer: ScenarioAnswer, at: KeyPath) -> Iterator[Wrong]:
    if answer.status not in STATUSES:
        yield [*at, "status"], f"{answer.status} is no HTTP status that ends a request: write a number from 200 to 599"
    if answer.phrase is not None and not answer.phrase.isprintable():
        yield (
            [*at, "phrase"],
            f"{answer.phrase!r} has what no reason phrase can: leave out line ends and other controls",
        )
    for name, value in answer.headers.items():
        if not _HEADER_NAME.fullmatch(name):
            yield [*at, "headers"], f"{name!r} is no name of a header: write letters, digits and hyphens"
        elif not value.isprintable():
            yield [*at, "headers", name], f"{value!r} has what no header can: leave out line ends and other controls"


def _repeated_content(repositories: Iterable[ScenarioRepository], at: KeyPath) -> Iterator[Wrong]:
    """A repository may be there several times, once for each content, but a tag points at one."""
    taken: set[tuple[str, str]] = set()
    for number, each in enumerate(repositories):
        for tag in each.tags if not each.empty else ():
            if (each.name, tag) in taken:
                yield [*at, number, "tags"], f"the tag {tag} of {each.name} is there twice"
            taken.add((each.name, tag))


def _repository(host: str, repository: ScenarioRepository, at: KeyPath) -> Iterator[Wrong]:
    try:
        checked_path(host, repository.name)
    except ValueError as error:
        yield [*at, "name"], str(error)
    if repository.platforms and (repository.files or repository.artifact):
        yield [*at, "platforms"], "an index of platforms has no files of its own: write one or the other"
    if repository.artifact and not repository.files:
        yield [*at, "artifact"], "an artifact is made of files: write files = { … }"
    for number, tag in enumerate(repository.tags):
        if not _TAG.fullmatch(tag):
            yield (
                [*at, "tags", number],
                f"{tag!r} is no tag: write up to 128 letters, digits, underscores, dots, hyphens",
            )
    bare = ScenarioRepository(name=repository.name, tags=repository.tags, private_to=repository.private_to, empty=True)
    if repository.empty and repository != bare:
        yield [*at, "empty"], "an empty repository has no content that could be described"
    for number, platform in enumerate(repository.platforms):
        try:
            Platform.parse(platform)
        except ValueError as error:
            yield [*at, "platforms", number], str(error)


def _call(call: ScenarioCall, at: KeyPath) -> Iterator[Wrong]:
    if isinstance(call, PullCall) and call.digest:
        try:
            scenario_digest(call.digest)
        except ValueError:
            yield [*at, "digest"], f"{call.digest!r} is no content: write index 1, image of index 1 or unknown"
    if isinstance(call, ReloadCall):
        yield from _files(call.files, [*at, "file"])
    if call.expect is not None:
        yield from _expectation(call, call.expect, [*at, "expect"])
    if call.seen and call.expect is None:
        yield [*at, "seen"], "this departs from nothing: write what is expected as well, in [call.expect]"
    for number, departure in enumerate(call.seen):
        yield from _expectation(call, departure, [*at, "seen", number])
        try:
            SpecifierSet(departure.releases)
        except InvalidSpecifier:
            yield (
                [*at, "seen", number, "releases"],
                f"{departure.releases!r} is no range of releases: write it like >=1.31,<1.34",
            )
        if departure.upstream and not _ISSUE.fullmatch(departure.upstream):
            yield [*at, "seen", number, "upstream"], f"{departure.upstream!r} is no issue: write it as cri-o/cri-o#8780"


def _expectation(call: ScenarioCall, expected: Expectation, at: KeyPath) -> Iterator[Wrong]:
    stated = expected.stated()
    if not stated:
        yield at, "this states nothing: write what is seen, such as succeeds = false"
    for key in stated.keys() - STATEMENTS_OF[type(call)]:
        yield [*at, key], f"this is not seen of the call {call.__struct_config__.tag}"
    if stated.get("succeeds") is True and (expected.error or expected.error_has or expected.reasons):
        yield [*at, "succeeds"], "what succeeds has no error: leave one of the two out"


def _is_release(text: str) -> bool:
    try:
        Release(text)
    except ValueError:
        return False
    return True


def toml_error(text: str) -> str:
    """Say why a text is no TOML; nothing where it is."""
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return str(error)
    return ""
