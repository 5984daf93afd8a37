"""How a case wants CRI-O to be configured: a value, and the files of containers/image that it becomes."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import tomli_w

from conformance.model.policy import SYSTEM, SignaturePolicy
from conformance.model.registries import Mirror, Registry

HOME = "~/"
"""What a path below CRI-O's home begins with."""

CONTAINERS = "/etc/containers/"
REGISTRIES_CONF = f"{CONTAINERS}registries.conf"
"""How the paths of files begin that containers-registries.conf(5) describes."""


class NotReloadedError(Exception):
    """A runtime keeps its old configuration, since the new one is wrong: what it says about that."""


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """How a case wants CRI-O to be configured; equal configurations share a running CRI-O.

    ``search_registries`` is ``unqualified-search-registries``, in order, in ``registries.conf.d/crio.conf``; where it
    is empty, there is no such file. ``registries`` and ``aliases`` (short name, full name) stand in
    ``registries.conf``. ``drop_ins`` are more files of ``registries.conf.d``, each a name and its TOML.
    ``short_name_mode`` is that option of ``crio.conf`` (1.34 and later; older releases ignore it); ``None`` leaves
    CRI-O's default. ``policies`` are the signature policies, each a path, below ``/etc`` or, where it begins with
    ``~/``, below CRI-O's home, and what is written there, and ``signature_policy`` is that option of ``crio.conf``, a
    path; where it is empty, the user's own counts, or else the system's. ``auth_files`` are authentication files, each
    a path that begins with ``~/`` and its text. ``files`` are any others, each a path, below ``/etc`` or, where it
    begins with ``~/``, below CRI-O's home, and its text. With the ``network`` ``bridge``, pods can have one of their
    own, besides the host's, where there are CNI plugins for it. With ``short_names_of_node``, a node that is there
    already has its own search list and short-name mode in the place of these.
    """

    search_registries: tuple[str, ...] = ("docker.io", "quay.io")
    registries: tuple[Registry, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()
    drop_ins: tuple[tuple[str, str], ...] = ()
    short_name_mode: str | None = "disabled"
    policies: tuple[tuple[str, SignaturePolicy], ...] = ((SYSTEM, SignaturePolicy()),)
    signature_policy: str = ""
    auth_files: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    network: Literal["", "bridge"] = ""
    short_names_of_node: bool = False

    def write(self, etc: Path, home: Path) -> None:
        """Write the files of containers/image below ``etc`` and ``home``, where it looks for them by default."""
        self.write_registries(etc)
        self.write_policies(etc, home)
        self.write_auth_files(home)
        self.write_files(etc, home)

    def write_registries(self, etc: Path) -> None:
        """Write the files of containers-registries.conf(5) below ``etc``."""
        containers = etc / "containers"
        (containers / "registries.conf.d").mkdir(parents=True, exist_ok=True)
        for name, text in self.registries_conf():
            (containers / name).write_text(text, encoding="utf-8")

    def remove_registries(self, etc: Path) -> None:
        """Remove the files of containers-registries.conf(5) that it wrote below ``etc``."""
        for name, _ in self.registries_conf():
            (etc / "containers" / name).unlink(missing_ok=True)

    def write_policies(self, etc: Path, home: Path) -> None:
        """Write the files of containers-policy.json(5) below ``etc`` and ``home``."""
        for path, policy in self.policies:
            file = _placed(path, etc, home)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(_policy(policy)))

    def write_auth_files(self, home: Path) -> None:
        """Write the files of containers-auth.json(5) below ``home``."""
        for path, text in self.auth_files:
            file = home / path.removeprefix(HOME)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    @property
    def image_settings(self) -> dict[str, str]:
        """The table ``crio.image`` of crio.conf(5); what is not here is CRI-O's default."""
        return {
            **({} if self.short_name_mode is None else {"short_name_mode": self.short_name_mode}),
            **({"signature_policy": self.signature_policy} if self.signature_policy else {}),
        }

    @property
    def written_files(self) -> dict[str, str]:
        """What CRI-O finds: paths below ``/etc`` or the home and texts; of crio.conf what a case wishes alone."""
        settings = {"crio": {"image": self.image_settings}} if self.image_settings else {}
        return {
            **({"/etc/crio/crio.conf": tomli_w.dumps(settings)} if settings else {}),
            **{f"/etc/containers/{name}": text for name, text in sorted(self.registries_conf(), reverse=True)},
            **{path: json.dumps(_policy(policy)) for path, policy in self.policies},
            **dict(self.auth_files),
            **dict(self.files),
        }

    def write_files(self, etc: Path, home: Path) -> None:
        """Write all other files below ``etc`` and ``home``."""
        for path, text in self.files:
            file = _placed(path, etc, home)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")

    def registries_conf(self) -> list[tuple[str, str]]:
        """Give the files of containers-registries.conf(5), each a path below ``/etc/containers`` and its text."""
        files = [(f"registries.conf.d/{name}", text) for name, text in self.drop_ins]
        if self.search_registries:
            search = {"unqualified-search-registries": list(self.search_registries)}
            files.append(("registries.conf.d/crio.conf", tomli_w.dumps(search)))
        main = {"registry": [registry_table(each) for each in self.registries], "aliases": dict(self.aliases)}
        if table := {key: value for key, value in main.items() if value}:
            files.append(("registries.conf", tomli_w.dumps(table)))
        more = [(path.removeprefix(CONTAINERS), text) for path, text in self.files if path.startswith(REGISTRIES_CONF)]
        return files + more


def _placed(path: str, etc: Path, home: Path) -> Path:
    """Give where a file lies on this side that is named as CRI-O sees it."""
    return home / path.removeprefix(HOME) if path.startswith(HOME) else etc / Path(path).relative_to("/etc")


def _policy(policy: SignaturePolicy) -> dict[str, Any]:
    """Give what containers-policy.json(5) wants written for a policy."""
    docker = {scope: [{"type": str(requirement)}] for scope, requirement in policy.scopes}
    table = {"default": [{"type": str(policy.default)}], "transports": {"docker": docker} if docker else {}}
    return _without_defaults(table)


def registry_table(registry: Registry) -> dict[str, Any]:
    """Give the table ``[[registry]]`` of an entry."""
    return _without_defaults(
        {
            "prefix": registry.prefix,
            "location": registry.location,
            "insecure": registry.insecure,
            "blocked": registry.blocked,
            "mirror-by-digest-only": registry.mirror_by_digest_only,
            "mirror": [_mirror(mirror) for mirror in registry.mirrors],
        }
    )


def _mirror(mirror: Mirror) -> dict[str, Any]:
    """Give the table ``[[registry.mirror]]`` of a mirror."""
    return _without_defaults(
        {"location": mirror.location, "insecure": mirror.insecure, "pull-from-mirror": mirror.pull_from_mirror}
    )


def _without_defaults(table: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is said by saying nothing."""
    return {key: value for key, value in table.items() if value}
