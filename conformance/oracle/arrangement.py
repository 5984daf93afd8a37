"""Making a scenario real: what the hosts of an internet hold, and the files that a program reads."""

import base64
import json
import secrets
import shutil
from pathlib import Path

from conformance.model.answers import Login
from conformance.registry_hosts import Internet
from conformance.scenario.scenario import Host, Scenario, Spoken, content

_SALT = secrets.token_urlsafe(12)
AUTH_FILE = ".config/containers/auth.json"


def login(user: str) -> Login:
    """Give the login of a user, which no other run has."""
    return Login(user, f"{user}-{_SALT}")


def arrange(internet: Internet, scenario: Scenario) -> None:
    """Let the hosts hold what the scenario says, and nothing else."""
    internet.clear()
    for host in scenario.hosts:
        _arrange(internet, host)
    for host in scenario.hosts:
        name = host.name.lower().partition(":")[0]
        if host.spoken is Spoken.REFUSED and internet.door(name, 443) is None:  # else another port of it is meant
            internet.refuse(name)


def _arrange(internet: Internet, told: Host) -> None:
    """Arrange one host that listens; it is known in small letters."""
    make = {Spoken.TLS: internet.host, Spoken.PLAIN_HTTP: internet.plain_http, Spoken.UNTRUSTED: internet.untrusted}
    if told.spoken not in make:
        return
    host = make[told.spoken](told.name.lower())
    if told.fails:
        host.fail(told.fails)
    for each in told.repositories:
        repository = host.origin.repository(each.name)
        if each.content is not None:
            repository.store(content(each.content, each.version), each.tags)
        if each.private_to:
            user = login(each.private_to)
            repository.logins[user.user] = user.password


def write(scenario: Scenario, etc: Path, home: Path) -> None:
    """Write the files where a program looks whose ``/etc`` and home those are; what was there is taken away."""
    for folder in (etc / "containers", home / ".config" / "containers"):
        shutil.rmtree(folder / "registries.conf.d", ignore_errors=True)
        (folder / "registries.conf").unlink(missing_ok=True)
    for file in scenario.files:
        path = place(file.path, etc, home)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.text)
    path = home / AUTH_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(auth(scenario)))


def place(path: str, etc: Path, home: Path) -> Path:
    """Give where a file lies that is named as the program sees it."""
    if path.startswith("~/"):
        return home / path.removeprefix("~/")
    return etc / path.removeprefix("/etc/")


def auth(scenario: Scenario) -> dict[str, dict[str, dict[str, str]]]:
    """Give the auth file (containers-auth.json(5))."""
    return {"auths": {key: {"auth": _encoded(login(user))} for key, user in scenario.logins}}


def _encoded(told: Login) -> str:
    """Write user and password as the file has them."""
    return base64.b64encode(f"{told.user}:{told.password}".encode()).decode()
