"""Making a scenario real: what the hosts of an internet hold, and the files that a program reads."""

import base64
import json
import secrets
import shutil
from pathlib import Path

from conformance.model.answers import Login
from conformance.registry_hosts import Internet
from conformance.scenario.scenario import Reachability, Scenario, ScenarioHost, build_content

_SALT = secrets.token_urlsafe(12)
AUTH_FILE = ".config/containers/auth.json"


def login_of(user: str) -> Login:
    """Give the login of a user, which no other run has."""
    return Login(user, f"{user}-{_SALT}")


def arrange(internet: Internet, scenario: Scenario) -> None:
    """Let the hosts hold what the scenario says, and nothing else."""
    internet.clear()
    for host in scenario.hosts:
        _arrange(internet, host)
    for host in scenario.hosts:
        name = host.name.lower().partition(":")[0]
        if (
            host.spoken is Reachability.REFUSED and internet.endpoint(name, 443) is None
        ):  # else another port of it is meant
            internet.refuse(name)


def _arrange(internet: Internet, described: ScenarioHost) -> None:
    """Arrange one host that listens; it is known in small letters."""
    make = {
        Reachability.TLS: internet.host,
        Reachability.PLAIN_HTTP: internet.plain_http,
        Reachability.UNTRUSTED: internet.untrusted,
    }
    if described.spoken not in make:
        return
    host = make[described.spoken](described.name.lower())
    if described.fails:
        host.fail(described.fails)
    for each in described.repositories:
        repository = host.origin.repository(each.name)
        if each.content is not None:
            repository.store(build_content(each.content, each.version), each.tags)
        if each.private_to:
            user = login_of(each.private_to)
            repository.logins[user.user] = user.password


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
    return json.dumps({"auths": {key: {"auth": _encoded(login_of(user))} for key, user in scenario.logins}})


def _encoded(described: Login) -> str:
    """Write user and password as the file has them."""
    return base64.b64encode(f"{described.user}:{described.password}".encode()).decode()
