import os
from pathlib import Path

import pytest

from conformance.model.registries import DEFAULT_FILES, InvalidRegistriesConfError
from conformance.model.registries_conf import RegistriesConfPaths, load_registries

CONF, CONF_DIR = DEFAULT_FILES
DROP_IN = f"{CONF_DIR}/1.conf"
CACHE = RegistriesConfPaths().alias_cache
DIGEST = "@sha256:" + "a429" * 16

# What is written, and how the error ends in upstream's words.
WRONG = {
    "nothing to match": ("[[registry]]\n", "invalid condition: both location and prefix are unset"),
    "slash alone": ('[[registry]]\nlocation = "/"', "invalid condition: both location and prefix are unset"),
    "no location": (
        '[[registry]]\nprefix = "q.io"',
        "invalid condition: location is unset and prefix is not in the format: *.example.com",
    ),
    "scheme": (
        '[[registry]]\nlocation = "https://q.io/"',
        "invalid location 'https://q.io/': URI schemes are not supported",
    ),
    "scheme of a prefix": (
        '[[registry]]\nprefix = "http://q.io"\nlocation = "q.io"',
        "invalid location 'http://q.io': URI schemes are not supported",
    ),
    "pull-from-mirror of no mirror": (
        '[[registry]]\nlocation = "q.io/"\npull-from-mirror = "all"',
        'pull-from-mirror must not be set for a non-mirror registry "q.io"',
    ),
    "mirror nowhere": (
        '[[registry]]\nlocation = "q.io"\n[[registry.mirror]]\ninsecure = true',
        "invalid condition: mirror location is unset",
    ),
    "mirror with a scheme": (
        '[[registry]]\nlocation = "q.io"\n[[registry.mirror]]\nlocation = "http://m.lan"',
        "invalid location 'http://m.lan': URI schemes are not supported",
    ),
    "mirrors limited twice": (
        (
            '[[registry]]\nlocation = "q.io"\nmirror-by-digest-only = true\n'
            '[[registry.mirror]]\nlocation = "m.lan/"\npull-from-mirror = "tag-only"'
        ),
        (
            'cannot set mirror usage mirror-by-digest-only for the registry ("q.io") and pull-from-mirror for '
            'per-mirror ("m.lan") at the same time'
        ),
    ),
    "unknown pull-from-mirror": (
        '[[registry]]\nlocation = "q.io"\n[[registry.mirror]]\nlocation = "m.lan"\npull-from-mirror = "some"',
        'unsupported pull-from-mirror value "some" for mirror "m.lan"',
    ),
    "insecure or not": (
        '[[registry]]\nlocation = "q.io"\n[[registry]]\nprefix = "q.io/a"\nlocation = "q.io"\ninsecure = true',
        "registry 'q.io' is defined multiple times with conflicting 'insecure' setting",
    ),
    "blocked or not": (
        '[[registry]]\nprefix = "*.q.io"\nblocked = true\n[[registry]]\nprefix = "*.q.io"',
        "registry '' is defined multiple times with conflicting 'blocked' setting",
    ),
    "search of a repository": (
        'unqualified-search-registries = ["q.io", "q.io/team"]',
        'Invalid unqualified-search-registries entry "q.io/team"',
    ),
    "search of nothing": (
        'unqualified-search-registries = ["/"]',
        'Invalid unqualified-search-registries entry ""',
    ),
    "search of two lines": (
        'unqualified-search-registries = ["q.io\\n"]',
        r'Invalid unqualified-search-registries entry "q.io\n"',
    ),
    "search with a scheme": (
        'unqualified-search-registries = ["http://q.io"]',
        "invalid location 'http://q.io': URI schemes are not supported",
    ),
    "mode": ('short-name-mode = "Enforcing"', 'invalid short-name mode: "Enforcing"'),
    "wildcard before a path": (
        '[[registry]]\nprefix = "*.q.io/a"\nlocation = "m.lan"',
        'Wildcarded prefix should be in the format: *.example.com. Current prefix "*.q.io/a" is incorrectly formatted',
    ),
    "alias of a full name": (
        '[aliases]\n"q.io/a" = "q.io/b"',
        'validating short-name aliases: invalid short name "q.io/a": must not contain registry',
    ),
    "alias with a tag": (
        '[aliases]\n"a:1" = "q.io/b"',
        'validating short-name aliases: invalid short name "a:1": must not contain tag',
    ),
    "alias with a digest": (
        f'[aliases]\n"a:1{DIGEST}" = "q.io/b"',
        f'validating short-name aliases: invalid short name "a:1{DIGEST}": must not contain digest',
    ),
    "alias of no name": (
        '[aliases]\nA = ""',
        'validating short-name aliases: cannot parse short name: "A": repository name must be lowercase',
    ),
    "alias for a tag": (
        '[aliases]\na = "q.io/b:1"',
        'validating short-name aliases: invalid alias "q.io/b:1": must not contain tag',
    ),
    "alias for a digest": (
        f'[aliases]\na = "q.io/b{DIGEST}"',
        f'validating short-name aliases: invalid alias "q.io/b{DIGEST}": must not contain digest',
    ),
    "alias for a short name": (
        '[aliases]\na = "team/b"',
        'validating short-name aliases: invalid alias "team/b": must contain registry and repository',
    ),
    "alias for no name": (
        '[aliases]\na = "q.io/"',
        'validating short-name aliases: parsing alias "q.io/": invalid reference format',
    ),
    "two wrong aliases": (
        '[aliases]\n"z:1" = "b"\na = "c"',
        (
            'validating short-name aliases: invalid alias "c": must contain registry and repository\n'
            'invalid short name "z:1": must not contain tag\n'
            'invalid alias "b": must contain registry and repository'
        ),
    ),
    "text for a flag": (
        '[[registry]]\nlocation = "q.io"\ninsecure = "yes"',
        (
            'toml: (last key "registry.insecure"): incompatible types: TOML value has type string; '
            "destination has type boolean"
        ),
    ),
    "text for a list": (
        'unqualified-search-registries = "q.io"',
        (
            'toml: (last key "unqualified-search-registries"): incompatible types: TOML value has type string; '
            "destination has type slice"
        ),
    ),
    "number in a list": (
        'credential-helpers = ["a", 1]',
        (
            'toml: (last key "credential-helpers"): incompatible types: TOML value has type int64; '
            "destination has type string"
        ),
    ),
    "one table": (
        '[registry]\nlocation = "q.io"',
        (
            'toml: (last key "registry"): incompatible types: TOML value has type map[string]any; '
            "destination has type slice"
        ),
    ),
    "texts for tables": (
        'registry = ["q.io"]',
        'toml: (last key "registry"): type mismatch for sysregistriesv2.Registry: expected table but found string',
    ),
    "list for the tables of version 1": (
        'registries = ["q.io"]',
        'toml: (last key "registries"): type mismatch for sysregistriesv2.V1TOMLConfig: expected table but found []any',
    ),
}


def refusal(root: Path, path: str, text: str | bytes) -> str:
    place = root / path.lstrip("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InvalidRegistriesConfError) as caught:
        load_registries(RegistriesConfPaths(), root=root)
    return str(caught.value)


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_refused_in_upstreams_words(tmp_path: Path, text: str, message: str) -> None:
    assert refusal(tmp_path, CONF, text) == f'loading registries configuration "{CONF}": {message}'
    (tmp_path / CONF.lstrip("/")).unlink()
    assert refusal(tmp_path, DROP_IN, text) == f'loading drop-in registries configuration "{DROP_IN}": {message}'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[aliases]\n"q.io/a" = ""', 'invalid short name "q.io/a": must not contain registry'),
        (
            "[aliases]\na = 1",
            'toml: (last key "aliases.a"): incompatible types: TOML value has type int64; destination has type string',
        ),
        ("x", "toml: line 1: Expected '=' after a key in a key/value pair"),
    ],
)
def test_wrong_recorded_aliases_are_refused(tmp_path: Path, text: str, message: str) -> None:
    assert refusal(tmp_path, CACHE, text) == f'loading short-name aliases config file "{CACHE}": {message}'


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("a = 1\nb\n", "toml: line 2: Expected '='"),
        ("a = 1\na = 2\n\n", "toml: line 2: Cannot overwrite a value"),
        ("\n\na = [1,\n\n", "toml: line 3: "),
        (b"a = 1\nb = '\xff'\n", "toml: line 2: byte 0xff is no UTF-8"),
        ("a = " + "[" * 5000, "toml: line 1: "),
    ],
)
def test_bad_syntax_is_refused_with_file_and_line(tmp_path: Path, text: str | bytes, start: str) -> None:
    message = refusal(tmp_path, DROP_IN, text)
    assert message.startswith(f'loading drop-in registries configuration "{DROP_IN}": {start}')
    assert "(at " not in message


V1_SEARCH = "[registries.search]\nregistries = []\n"


@pytest.mark.parametrize(
    "v2", ["short-name-mode = 'disabled'", "registry = []", "aliases = {}", "credential-helpers = []"]
)
def test_both_versions_of_the_format_in_one_file_are_refused(tmp_path: Path, v2: str) -> None:
    message = refusal(tmp_path, CONF, f"{v2}\n{V1_SEARCH}")
    assert message == f'loading registries configuration "{CONF}": mixing sysregistry v1/v2 is not supported'


def test_version_1_of_the_format_is_refused_in_a_drop_in(tmp_path: Path) -> None:
    message = refusal(tmp_path, DROP_IN, V1_SEARCH)
    assert message == (
        f'loading drop-in registries configuration "{DROP_IN}": registry must be in v2 format but is in v1'
    )


def test_what_cannot_be_read_is_told_as_go_tells_it(tmp_path: Path) -> None:
    place = tmp_path / CONF.lstrip("/")
    place.mkdir(parents=True)
    with pytest.raises(InvalidRegistriesConfError) as caught:
        load_registries(RegistriesConfPaths(), root=tmp_path)
    assert str(caught.value) == f'loading registries configuration "{CONF}": read {CONF}: is a directory'
    place.rmdir()
    place.symlink_to(place)
    with pytest.raises(InvalidRegistriesConfError, match=r"open \S+: too many levels of symbolic links$"):
        load_registries(RegistriesConfPaths(), root=tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list every folder")
def test_a_folder_that_may_not_be_listed_is_an_error(tmp_path: Path) -> None:
    folder = tmp_path / CONF_DIR.lstrip("/")
    folder.mkdir(parents=True)
    folder.chmod(0)
    with pytest.raises(InvalidRegistriesConfError) as caught:
        load_registries(RegistriesConfPaths(), root=tmp_path)
    folder.chmod(0o700)
    assert str(caught.value) == f"reading registries.conf.d: open {CONF_DIR}: permission denied"


@pytest.mark.parametrize("prefix", ["/", "//"])
def test_a_prefix_of_slashes_matches_no_name(tmp_path: Path, prefix: str) -> None:
    (tmp_path / "etc/containers").mkdir(parents=True)
    (tmp_path / CONF.lstrip("/")).write_text(f'[[registry]]\nprefix = "{prefix}"\nlocation = "q.io"\nblocked = true\n')
    registries = load_registries(RegistriesConfPaths(), root=tmp_path)
    assert [each.prefix for each in registries.registries] == [""]
    assert (registries.find("q.io/a"), registries.find("a.io/b")) == (None, None)


@pytest.mark.parametrize("written", ["1", "'x'", "[]", "true", "[{a = 'q.io/b'}]"])
def test_aliases_that_are_no_table_are_passed_over(tmp_path: Path, written: str) -> None:
    (tmp_path / "etc/containers").mkdir(parents=True)
    (tmp_path / CONF.lstrip("/")).write_text(f"aliases = {written}\nunqualified-search-registries = ['q.io']\n")
    registries = load_registries(RegistriesConfPaths(), root=tmp_path)
    assert (registries.aliases, registries.search) == ({}, ("q.io",))
