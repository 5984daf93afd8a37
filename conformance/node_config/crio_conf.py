"""What explain needs of crio.conf: the short-name mode, and which authentication file counts.

Source: CRI-O internal/criocli/criocli.go (``mergeConfig``) and pkg/config/config.go (``UpdateFromPath``): the main
file, then whatever file lies in the folder or below it, by name; a later setting takes the place of an earlier one.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.model.go_toml import load_toml
from conformance.model.profile import Profile
from conformance.model.resolution import MODES
from conformance.node_config.node_config import NodeConfigError, errno_text

DEFAULT_PATHS = Path("/etc/crio/crio.conf"), Path("/etc/crio/crio.conf.d")


@dataclass(frozen=True, slots=True, kw_only=True)
class CrioConf:
    """The settings with the file that has each; empty where none has. ``files`` were read, ``unreadable`` ones not."""

    short_name_mode: str = ""
    mode_file: str = ""
    auth_file: str = ""
    files: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()


def read(profile: Profile, paths: Iterable[Path] = ()) -> CrioConf:
    """Read files and folders, those of this machine where none is given; raises ``NodeConfigError``.

    Those that are given must be there. The profile says whether the release knows a short-name mode, and checks it.
    """
    given = tuple(paths)
    mode = mode_file = auth_file = ""
    read_, unreadable = [], []
    for path in files_in_order(given or DEFAULT_PATHS):
        try:
            image = _image_table(path, profile)
        except FileNotFoundError as error:
            if given:
                raise NodeConfigError(f"{path} cannot be read: {errno_text(error)}") from None
            continue
        except OSError as error:
            if given:
                raise NodeConfigError(f"{path} cannot be read: {errno_text(error)}") from None
            unreadable.append(str(path))
            continue
        read_.append(str(path))
        found = _text(path, image, "short_name_mode") if profile.has_short_name_mode else None
        if found is not None:
            mode, mode_file = found, str(path)
        auth_file = auth_file if (value := _text(path, image, "global_auth_file")) is None else value
    if mode and mode not in MODES:
        raise NodeConfigError(f"{mode_file} has a short_name_mode with which CRI-O does not start: {mode!r}")
    return CrioConf(
        short_name_mode=mode,
        mode_file=mode_file,
        auth_file=auth_file,
        files=tuple(read_),
        unreadable=tuple(unreadable),
    )


def files_in_order(paths: Iterable[Path]) -> Iterator[Path]:
    """List the files in the order in which they count, folders by name."""
    for path in paths:
        try:
            below = sorted(path.iterdir()) if path.is_dir() else None
        except OSError:
            below = None
        if below is None:
            yield path
        else:
            yield from files_in_order(below)


def _image_table(path: Path, profile: Profile) -> Mapping[str, Any]:
    try:
        table: Mapping[str, Any] = load_toml(path.read_bytes().decode(), reads_toml_1_1=profile.reads_toml_1_1)
    except (ValueError, RecursionError) as error:
        raise NodeConfigError(f"{path} is no valid TOML: {error}") from None
    for key in ("crio", "image"):
        inner = _member(table, key)
        if inner is not None and not isinstance(inner, Mapping):
            raise NodeConfigError(f"{path} cannot be used: {key} is no table in it")
        table = inner or {}
    return table


def _text(path: Path, table: Mapping[str, Any], key: str) -> str | None:
    """Give a text, or ``None`` where it is not there."""
    value = _member(table, key)
    if value is not None and not isinstance(value, str):
        raise NodeConfigError(f"{path} cannot be used: {key} is no text in it")
    return value


def _member(table: Mapping[str, Any], key: str) -> Any:
    """Give a value whose key is spelt so, or else so but for the case (BurntSushi/toml)."""
    return table.get(key, next((value for name, value in table.items() if name.casefold() == key), None))
