"""Making a scenario real: what the hosts of an internet hold, and the files that a program reads."""

import base64
import json
import secrets
import shutil
from pathlib import Path

from conformance.images.builder import Content
from conformance.model.answers import Login
from conformance.model.policy import SYSTEM as SYSTEM_POLICY
from conformance.model.policy import SignaturePolicy
from conformance.model.profile import newest_line, newest_of
from conformance.model.puller import Puller
from conformance.model.registries_conf import load_registries
from conformance.node.folders import private_folder
from conformance.registry_hosts import Internet, RequestKind
from conformance.registry_hosts.host import RegistryHost
from conformance.runtime.configuration import Configuration
from conformance.runtime.model_monitor import model_settings
from conformance.scenario.calls import ScenarioFile
from conformance.scenario.contents import blob_digests, build_artifact, build_content, build_files, build_index
from conformance.scenario.policy_file import is_policy_file, read_policy
from conformance.scenario.scenario import Reachability, Scenario, ScenarioHost, ScenarioRepository

_SALT = secrets.token_urlsafe(12)
AUTH_FILE = ".config/containers/auth.json"


def login_of(user: str) -> Login:
    """Give the login of a user, which no other run has."""
    return Login(user, f"{user}-{_SALT}")


# The hosts


def arrange(internet: Internet, scenario: Scenario) -> None:
    """Let the hosts hold what the scenario says, and nothing else."""
    internet.clear()
    for host in scenario.hosts:
        _arrange(internet, host)
    for host in scenario.hosts:
        name = host.name.lower().partition(":")[0]
        if (
            host.reached is Reachability.REFUSED and internet.endpoint(name, 443) is None
        ):  # else another port of it is meant
            internet.refuse(name)


def _arrange(internet: Internet, described: ScenarioHost) -> None:
    """Arrange one host that listens; it is known in small letters."""
    make = {
        Reachability.TLS: internet.host,
        Reachability.PLAIN_HTTP: internet.plain_http,
        Reachability.UNTRUSTED: internet.untrusted,
    }
    if described.reached not in make:
        return
    host = make[described.reached](described.name.lower())
    if described.fails:
        host.fail(described.fails, described.retry_after)
    if described.token:
        host.amend_tokens(**described.token)
    for answer in described.answers:
        host.answer(
            RequestKind(answer.to), answer.body, status=answer.status, phrase=answer.phrase, headers=answer.headers
        )
    for each in described.repositories:
        _fill(host, each)


def _fill(host: RegistryHost, described: ScenarioRepository) -> None:
    """Let a host have a repository."""
    name = host.personality.repository(described.name)
    repository = host.origin.repository(name)
    if not described.empty:
        content = content_of(described)
        host.origin.store(name, content, described.tags)
        for parts, fault in ((described.altered, host.tamper), (described.lost, host.lose)):
            for digest in (digest for part in parts for digest in blob_digests(content, part)):
                fault(digest)
    if described.private_to:
        user = login_of(described.private_to)
        repository.logins[user.user] = user.password


def content_of(described: ScenarioRepository) -> Content:
    """Give the content that a repository has under its tags."""
    files = tuple(described.files.items())
    if described.artifact:
        return build_artifact(files)
    if files:
        return build_files(files)
    if described.platforms:
        return build_index(described.platforms, described.version)
    return build_content(described.content, described.version)


# The files


def configuration_of(scenario: Scenario) -> Configuration:
    """Give the configuration that a scenario describes; equal ones share a running CRI-O."""
    policies = {SYSTEM_POLICY: SignaturePolicy()} | {
        each.path: read_policy(each.text) for each in scenario.files if is_policy_file(each.path)
    }
    logins = {f"~/{AUTH_FILE}": auth_file(scenario)} if scenario.logins else {}
    logins |= {each.path: each.text for each in scenario.files if _is_auth_file(each.path)}
    rest = [each for each in scenario.files if each.path not in policies and each.path not in logins]
    return Configuration(
        search_registries=(),
        short_name_mode=scenario.crio.short_name_mode or None,
        policies=tuple(policies.items()),
        signature_policy=scenario.crio.signature_policy,
        auth_files=tuple(logins.items()),
        files=tuple((each.path, each.text) for each in rest),
    )


def puller_of(scenario: Scenario) -> Puller:
    """Give the newest release's rules of a pull under a scenario's configuration.

    Raises ``InvalidRegistriesConfError``.
    """
    configuration = configuration_of(scenario)
    with private_folder() as folder:
        configuration.write(folder / "etc", folder / "home")
        release = newest_of(newest_line())
        return Puller(model_settings(release, configuration, load_registries, root=folder, home=folder / "home"))


def _is_auth_file(path: str) -> bool:
    return path.startswith("~/") and path.endswith((f"/{AUTH_FILE}", "/.docker/config.json", "/.dockercfg"))


def replaced_files(scenario: Scenario, files: tuple[ScenarioFile, ...]) -> tuple[ScenarioFile, ...]:
    """Give the files that are there when these were written: each in the place of one with its path, or as one more."""
    written = {each.path: each for each in (*scenario.files, *files)}
    return tuple(written.values())


def write_files(scenario: Scenario, etc: Path, home: Path) -> None:
    """Write the files where a program looks whose ``/etc`` and home those are; what was there is taken away."""
    for folder in (etc / "containers", home / ".config" / "containers"):
        shutil.rmtree(folder / "registries.conf.d", ignore_errors=True)
        (folder / "registries.conf").unlink(missing_ok=True)
    for file in scenario.files:
        path = place(file.path, etc, home)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.text, encoding="utf-8")
    path = home / AUTH_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(auth_file(scenario))


def place(path: str, etc: Path, home: Path) -> Path:
    """Give where a file lies that is named as the program sees it."""
    if path.startswith("~/"):
        return home / path.removeprefix("~/")
    return etc / path.removeprefix("/etc/")


def auth_file(scenario: Scenario) -> str:
    """Give the auth file's content, an entry for each of the scenario's logins (containers-auth.json(5))."""
    return json.dumps({"auths": {key: {"auth": _encoded(login_of(user))} for key, user in scenario.logins.items()}})


def _encoded(described: Login) -> str:
    """Write user and password as the file has them."""
    return base64.b64encode(f"{described.user}:{described.password}".encode()).decode()
