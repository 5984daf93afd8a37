from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.model.profile import profile
from conformance.model.registries import DEFAULT_FILES, Alias, InvalidRegistriesConfError, Mirror, Registries, Registry
from conformance.model.registries_conf import RegistriesConfPaths, load_registries
from conformance.model.release import Release

CONF, CONF_DIR = DEFAULT_FILES
CACHE = RegistriesConfPaths().alias_cache
USER_CONF = "/root/.config/containers/registries.conf"
FIRST, SECOND = f"{CONF_DIR}/1.conf", f"{CONF_DIR}/2.conf"
USERS = RegistriesConfPaths(user_conf_dir=f"{USER_CONF}.d")
SEARCH = 'unqualified-search-registries = ["{}"]'.format
Loaded = Callable[..., Registries]


def below(root: Path, path: str) -> Path:
    place = root / path.lstrip("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    return place


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    """Write files, named as CRI-O sees them, and load them."""

    def write_and_load(files: dict[str, str], paths: RegistriesConfPaths = USERS) -> Registries:
        for path, text in files.items():
            below(tmp_path, path).write_text(text)
        return load_registries(paths, root=tmp_path)

    return write_and_load


@pytest.mark.parametrize(("release", "search"), [("1.31.13", ("quay.io",)), ("1.35.0", ("quay.io",)), ("1.35.1", None)])
def test_of_two_lists_in_a_file_the_last_counts_up_to_1_35_0(
    tmp_path: Path, release: str, search: tuple[str, ...] | None
) -> None:
    conf = below(tmp_path, "/etc/containers/registries.conf")
    conf.write_text('unqualified-search-registries = ["docker.io"]\nunqualified-search-registries = ["quay.io"]\n')
    rules = profile(Release(release))
    if search:
        assert load_registries(RegistriesConfPaths(), tmp_path, rules).search == search
        return
    with pytest.raises(InvalidRegistriesConfError, match=r"registries\.conf\": toml: line 2: "):
        load_registries(RegistriesConfPaths(), tmp_path, rules)


def test_without_any_file_the_defaults_hold(loaded: Loaded) -> None:
    assert loaded({}, RegistriesConfPaths()) == Registries(credential_helpers=("containers-auth.json",))


def test_a_file_that_was_asked_for_must_be_there(loaded: Loaded, tmp_path: Path) -> None:
    paths = RegistriesConfPaths.found("/etc/other.conf", None, Path("/root"), tmp_path)
    with pytest.raises(InvalidRegistriesConfError) as caught:
        loaded({}, paths)
    assert str(caught.value) == (
        'loading registries configuration "/etc/other.conf": open /etc/other.conf: no such file or directory'
    )
    assert loaded({"/etc/other.conf": SEARCH("quay.io"), CONF: "="}, paths).search == ("quay.io",)


@pytest.mark.parametrize(
    ("conf", "folder", "own", "paths"),
    [
        (None, None, False, USERS),
        ("", "", False, USERS),
        (None, None, True, replace(USERS, conf=USER_CONF, conf_dir="")),
        (None, "/d", True, RegistriesConfPaths(conf=USER_CONF, conf_dir="/d")),
        (None, "/d", False, RegistriesConfPaths(conf_dir="/d")),
        ("/c", None, True, replace(USERS, conf="/c", conf_given=True)),
        ("/c", "/d", True, RegistriesConfPaths(conf="/c", conf_given=True, conf_dir="/d")),
    ],
)
def test_the_users_own_file_takes_the_place_of_the_systems(
    tmp_path: Path, conf: str | None, folder: str | None, own: bool, paths: RegistriesConfPaths
) -> None:
    if own:
        below(tmp_path, USER_CONF).touch()
    assert RegistriesConfPaths.found(conf, folder, Path("/root"), tmp_path) == paths


def test_errors_about_blocking_name_the_users_folder_where_there_is_one(loaded: Loaded) -> None:
    assert loaded({}).paths == (CONF, f"{USER_CONF}.d")
    assert loaded({}, RegistriesConfPaths()).paths == (CONF, CONF_DIR)


def test_a_file_is_read_whole(loaded: Loaded) -> None:
    registries = loaded(
        {
            CONF: """\ufeff
            unqualified-search-registries = ["quay.io/", "localhost:5000"]
            short-name-mode = "enforcing"
            Credential-Helpers = ["pass"]
            nobody-knows = 1
            [[registry]]
            Location = "quay.io/"
            insecure = true
            [[registry.mirror]]
            location = "b.lan/"
            pull-from-mirror = "tag-only"
            [[registry.mirror]]
            location = "a.lan"
            insecure = true
            [[registry]]
            prefix = "*.example.com"
            blocked = true
            mirror-by-digest-only = true
            [aliases]
            app = "docker.io/app"
            "team/app" = "localhost/app"
            cancelled = ""
            """,
            CACHE: '[aliases]\nnew = "quay.io/new"\nold = ""\n[[registry]]\nlocation = 1',
        }
    )
    mirrors = Mirror("b.lan/", pull_from_mirror="tag-only"), Mirror("a.lan", insecure=True)  # it is trimmed in use
    assert registries == Registries(
        registries=(
            Registry(prefix="*.example.com", blocked=True, mirror_by_digest_only=True, file=CONF),
            Registry(prefix="quay.io", location="quay.io", insecure=True, mirrors=mirrors, file=CONF),
        ),
        search=("quay.io", "localhost:5000"),
        search_file=CONF,
        aliases={"app": Alias("docker.io/library/app", CONF), "team/app": Alias("localhost/app", CONF)},
        cached_aliases={"new": Alias("quay.io/new", CACHE), "old": Alias("", CACHE)},
        short_name_mode="enforcing",
        credential_helpers=("pass",),
        paths=(CONF, f"{USER_CONF}.d"),
        files=(CONF,),
    )
    assert registries.alias("old") is None


def test_drop_ins_come_after_the_main_file_in_order_of_name_and_the_users_last(loaded: Loaded, tmp_path: Path) -> None:
    names = [f"{CONF_DIR}/{name}" for name in ("10.conf", "9.conf", "Z.conf", "a.conf")] + [f"{USER_CONF}.d/0.conf"]
    below(tmp_path, f"{CONF_DIR}/sub.conf/x.conf").write_text("=")
    below(tmp_path, f"{CONF_DIR}/x.conf.bak").write_text("=")
    files = dict.fromkeys(reversed(names), "") | {CONF: ""}
    assert loaded(files).files == (CONF, *names)
    for at, name in enumerate(names):
        registries = loaded({name: SEARCH(f"r{at}")})
        assert (registries.search, registries.search_file) == ((f"r{at}",), name)


def test_links_to_drop_ins_are_followed_and_a_link_to_their_folder_is_not(loaded: Loaded, tmp_path: Path) -> None:
    below(tmp_path, "/elsewhere/real").write_text(SEARCH("quay.io"))
    below(tmp_path, FIRST).symlink_to(tmp_path / "elsewhere/real")
    below(tmp_path, SECOND).symlink_to(tmp_path / "elsewhere/missing")
    assert loaded({}).files == (FIRST,)
    below(tmp_path, "/linked").symlink_to(below(tmp_path, FIRST).parent)
    assert loaded({}, RegistriesConfPaths(conf_dir="/linked")).files == ()
    assert loaded({}, RegistriesConfPaths(conf_dir=FIRST)).files == (FIRST,)  # what is no folder is a drop-in itself


@pytest.mark.parametrize(
    ("texts", "search", "file"),
    [
        (["", None], (), CONF),
        ([None, ""], (), ""),
        ([SEARCH("a"), ""], ("a",), CONF),
        ([SEARCH("a"), SEARCH("b"), ""], ("b",), FIRST),
        ([SEARCH("a"), "unqualified-search-registries = []"], (), FIRST),
        ([SEARCH("a"), "", "unqualified-search-registries = []"], (), SECOND),
        ([None, "", SEARCH("b")], ("b",), SECOND),
    ],
)
def test_the_last_search_list_counts_even_when_it_is_empty(
    loaded: Loaded, texts: list[str | None], search: tuple[str, ...], file: str
) -> None:
    files = {path: text for path, text in zip((CONF, FIRST, SECOND), texts, strict=False) if text is not None}
    registries = loaded(files)
    assert (registries.search, registries.search_file) == (search, file)


def test_a_later_entry_takes_the_place_of_the_whole_earlier_one(loaded: Loaded) -> None:
    registries = loaded(
        {
            CONF: '[[registry]]\nlocation = "q.io"\ninsecure = true\n[[registry]]\nlocation = "z.io"\n',
            FIRST: '[[registry]]\nprefix = "q.io"\nlocation = "m.lan"\n[[registry]]\nlocation = "a.io"\n',
            SECOND: '[[registry]]\nprefix = "a.io/"\nlocation = "q.io"\nblocked = true\n',
        }
    ).registries
    assert registries == (
        Registry(prefix="a.io", location="q.io", blocked=True, file=SECOND),
        Registry(prefix="q.io", location="m.lan", file=FIRST),
        Registry(prefix="z.io", location="z.io", file=CONF),
    )


def test_of_two_entries_in_a_file_the_first_counts(loaded: Loaded) -> None:
    one = '[[registry]]\nprefix = "q.io"\nlocation = "{}"\n'
    assert [each.location for each in loaded({CONF: one.format("first") + one.format("last")}).registries] == ["first"]


@pytest.mark.parametrize(
    ("aliases", "meant"),
    [
        (["quay.io/a", None, None], Alias("quay.io/a", CONF)),
        (["quay.io/a", "quay.io/b", None], Alias("quay.io/b", FIRST)),
        (["quay.io/a", "", None], None),
        (["quay.io/a", "", "docker.io/c"], Alias("docker.io/library/c", SECOND)),
        (["", "quay.io/b", None], Alias("quay.io/b", FIRST)),
    ],
)
def test_the_last_alias_counts_and_an_empty_one_cancels(
    loaded: Loaded, aliases: list[str | None], meant: Alias | None
) -> None:
    files = {
        path: "" if value is None else f'[aliases]\napp = "{value}"\n'
        for path, value in zip((CONF, FIRST, SECOND), aliases, strict=True)
    }
    assert loaded(files).alias("app") == meant


@pytest.mark.parametrize(("value", "meant"), [("quay.io/b", Alias("quay.io/b", CACHE)), ("", None)])
def test_a_recorded_alias_comes_before_all_others(loaded: Loaded, value: str, meant: Alias | None) -> None:
    files = {SECOND: '[aliases]\napp = "quay.io/a"\n', CACHE: f'[aliases]\napp = "{value}"\n'}
    assert loaded(files).alias("app") == meant


@pytest.mark.parametrize(
    ("texts", "mode", "helpers"),
    [
        (["", ""], "permissive", ("containers-auth.json",)),
        (['short-name-mode = "disabled"\ncredential-helpers = ["a"]', ""], "disabled", ("a",)),
        (['short-name-mode = "disabled"\ncredential-helpers = ["a"]', 'short-name-mode = ""'], "disabled", ("a",)),
        (['short-name-mode = "disabled"', 'short-name-mode = "enforcing"'], "enforcing", ("containers-auth.json",)),
        (['credential-helpers = ["a"]', 'credential-helpers = ["b", "c"]'], "permissive", ("b", "c")),
        (['credential-helpers = ["a"]', "credential-helpers = []"], "permissive", ("containers-auth.json",)),
    ],
)
def test_the_last_mode_and_helpers_count(loaded: Loaded, texts: list[str], mode: str, helpers: tuple[str]) -> None:
    registries = loaded(dict(zip((CONF, FIRST), texts, strict=True)))
    assert (registries.short_name_mode, registries.credential_helpers) == (mode, helpers)


def test_version_1_of_the_format_still_counts_in_the_main_file(loaded: Loaded) -> None:
    registries = loaded(
        {
            CONF: """
            [registries.search]
            registries = ["docker.io", "quay.io/"]
            [registries.insecure]
            registries = ["z.lan", "both.lan/"]
            [registries.block]
            registries = ["both.lan", "bad.io"]
            """,
            FIRST: "[registries.search]\n[registries.insecure]\n",
        }
    )
    assert registries.search == ("docker.io", "quay.io")
    assert registries.registries == (
        Registry(prefix="bad.io", location="bad.io", blocked=True, file=CONF),
        Registry(prefix="both.lan", location="both.lan", blocked=True, insecure=True, file=CONF),
        Registry(prefix="z.lan", location="z.lan", insecure=True, file=CONF),
    )
