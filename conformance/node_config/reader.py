"""The configuration of this machine as CRI-O reads it, or of the files that were given for it."""

import os
import pwd
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from conformance.model.platform import Platform
from conformance.model.profile import PROFILES, Profile
from conformance.model.pull_sources import ModelSettings
from conformance.model.registries import InvalidRegistriesConfError, Registries
from conformance.model.registries_conf import RegistriesConfPaths, load_registries
from conformance.model.resolution import MODES, effective_mode
from conformance.node_config import crio_conf
from conformance.node_config.crio_release import KnownRelease, find_release
from conformance.node_config.logins import Logins
from conformance.node_config.node_config import CrioIdentity, NodeConfig, NodeConfigError, Provenance, ShortNameMode

NOWHERE = Path("/nonexistent")


@dataclass(frozen=True, kw_only=True)
class ExplainOptions:
    """What was asked for on the command line; what is not there is this machine's own."""

    registries_conf: str | None = None
    registries_conf_dir: str | None = None
    release: str | None = None
    socket: str | None = None
    short_name_mode: str | None = None
    crio_conf: tuple[str, ...] = ()
    platform: str | None = None
    authfile: str | None = None
    probe: bool = False


def read_registries(options: ExplainOptions, profile: Profile = PROFILES[-1]) -> tuple[Registries, tuple[str, ...]]:
    """Read registries.conf as CRI-O does, and name the files that this user may not read.

    Raises ``NodeConfigError`` where CRI-O would not start with them.
    """
    file, folder = (
        each and str(Path(each).absolute()) for each in (options.registries_conf, options.registries_conf_dir)
    )
    if folder and not Path(folder).is_dir():
        raise NodeConfigError(f"{folder} is no folder")
    try:
        paths = RegistriesConfPaths.found(file, folder, _home())
    except PermissionError:  # root's own files, which are seldom there
        paths = RegistriesConfPaths.found(file, folder, NOWHERE)
    unreadable: tuple[str, ...] = ()
    if _is_forbidden(paths.alias_cache):
        unreadable = (paths.alias_cache,)
        paths = replace(paths, alias_cache=str(NOWHERE))
    try:
        return load_registries(paths, profile=profile), unreadable
    except InvalidRegistriesConfError as error:
        raise NodeConfigError("; ".join(str(error).split("\n"))) from None


def read_node_config(options: ExplainOptions, env: Mapping[str, str] = os.environ) -> NodeConfig:
    """Find out all that an explanation depends on, ``env`` being the environment; raises ``NodeConfigError``."""
    crio = find_release(options.release, options.socket)
    has_mode = crio.profile.has_short_name_mode
    conf = crio_conf.read(crio.profile, map(Path, options.crio_conf))
    found, forbidden = read_registries(options, crio.profile)
    configured = conf.short_name_mode if options.short_name_mode is None else options.short_name_mode
    if configured not in {"", *MODES}:
        raise NodeConfigError(f"--short-name-mode {configured} is none that CRI-O has: {' or '.join(MODES)}")
    platform = _platform(options.platform)
    logins = _logins(options, conf, env)
    return NodeConfig(
        settings=ModelSettings(
            profile=crio.profile,
            registries=found,
            short_name_mode=configured,
            platform=platform,
            credentials=logins.login if logins else lambda _host, _repository: None,
        ),
        crio=_crio(crio, platform),
        mode=ShortNameMode(
            effective=effective_mode(crio.profile, configured, found),
            known=has_mode,
            origin=Provenance.OPTION
            if options.short_name_mode
            else Provenance.FILE
            if conf.mode_file
            else Provenance.DEFAULT,
            file="" if options.short_name_mode else conf.mode_file,
            crio_conf=conf.files,
            registries_conf=found.short_name_mode,
        ),
        login_unused=logins.unused if logins else lambda _host, _repository: "",
        unreadable=(*conf.unreadable, *forbidden, *(logins.unreadable if logins else ())),
    )


def _crio(crio: KnownRelease, platform: Platform) -> CrioIdentity:
    return CrioIdentity(
        release=crio.text,
        origin=crio.origin,
        platform=str(platform),
        socket=crio.socket,
        explained_as=crio.explained_as,
    )


def _logins(options: ExplainOptions, conf: crio_conf.CrioConf, env: Mapping[str, str]) -> Logins | None:
    """Read the authentication files, unless nobody will be asked."""
    if options.authfile is not None:
        return Logins(Path(options.authfile), needed=True)
    if not options.probe:
        return None
    if conf.auth_file:
        return Logins(Path(conf.auth_file))
    return Logins.of_crio(_home(), env if os.geteuid() == 0 else {})


def _platform(text: str | None) -> Platform:
    try:
        return Platform.parse(text) if text is not None else Platform.host()
    except ValueError as error:
        raise NodeConfigError(str(error)) from None


def _home() -> Path:
    """Give the home of the user that CRI-O runs as."""
    return Path.home() if os.geteuid() == 0 else Path(pwd.getpwuid(0).pw_dir)


def _is_forbidden(path: str) -> bool:
    """Tell whether there is, or may be, a file that this user may not read."""
    try:
        with Path(path).open("rb"):
            return False
    except PermissionError:
        return True
    except OSError:
        return False
