import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from conformance.model.registries import DEFAULT_FILES, Alias, Mirror, Registries, Registry
from conformance.model.registries_conf import RegistriesConfPaths, fingerprint, load_registries

CONF, CONF_DIR = DEFAULT_FILES
FILES = CONF, *(f"{CONF_DIR}/{at}.conf" for at in range(3))
MIRRORS = Mirror("a.lan"), Mirror("b.lan")
ENTRY = Registry(prefix="q.io", location="m.lan", mirrors=MIRRORS, file=CONF)
BASE = Registries(
    registries=(ENTRY,),
    search=("q.io",),
    search_file=CONF,
    aliases={"app": Alias("q.io/app", CONF)},
    cached_aliases={"new": Alias("q.io/new", "/cache")},
)


@pytest.mark.parametrize(
    "other",
    [
        replace(BASE, search_file=FILES[1], files=FILES, paths=("/c", "/d")),
        replace(BASE, registries=(replace(ENTRY, file=FILES[1]),)),
        replace(
            BASE, registries=(replace(ENTRY, mirrors=tuple(replace(it, pull_from_mirror="all") for it in MIRRORS)),)
        ),
        replace(BASE, aliases={"new": Alias("q.io/new", CONF), "app": Alias("q.io/app", CONF)}, cached_aliases={}),
        replace(BASE, aliases={**BASE.aliases, "new": Alias("q.io/hidden", CONF)}),
        replace(BASE, cached_aliases={**BASE.cached_aliases, "none": Alias("", "/cache")}),
    ],
)
def test_what_means_the_same_has_one_fingerprint(other: Registries) -> None:
    assert fingerprint(other) == fingerprint(BASE)


@pytest.mark.parametrize(
    "other",
    [
        replace(BASE, search=("q.io", "r.io")),
        replace(BASE, short_name_mode="enforcing"),
        replace(BASE, credential_helpers=("pass",)),
        replace(BASE, aliases={}),
        replace(BASE, aliases={"app": Alias("q.io/other", CONF)}),
        replace(BASE, cached_aliases={**BASE.cached_aliases, "app": Alias("", "/cache")}),
        replace(BASE, registries=()),
        *(
            replace(BASE, registries=(entry,))
            for entry in (
                replace(ENTRY, prefix="r.io"),
                replace(ENTRY, location="n.lan"),
                replace(ENTRY, insecure=True),
                replace(ENTRY, blocked=True),
                replace(ENTRY, mirror_by_digest_only=True),
                replace(ENTRY, mirrors=MIRRORS[::-1]),
                replace(ENTRY, mirrors=(replace(MIRRORS[0], insecure=True), MIRRORS[1])),
                replace(ENTRY, mirrors=(replace(MIRRORS[0], pull_from_mirror="tag-only"), MIRRORS[1])),
            )
        ),
    ],
)
def test_what_means_something_else_has_another_fingerprint(other: Registries) -> None:
    assert fingerprint(other) != fingerprint(BASE)


def test_mirrors_for_digests_alone_may_be_said_in_two_ways() -> None:
    each = tuple(replace(mirror, pull_from_mirror="digest-only") for mirror in MIRRORS)
    one, other = replace(ENTRY, mirror_by_digest_only=True), replace(ENTRY, mirrors=each)
    assert fingerprint(replace(BASE, registries=(one,))) == fingerprint(replace(BASE, registries=(other,)))
    assert fingerprint(BASE).startswith("sha256:")


hosts = st.sampled_from(["a.io", "b.io/team", "c.lan:5000"])
mirrors = st.lists(
    st.fixed_dictionaries(
        {"location": hosts}, optional={"insecure": st.booleans(), "pull-from-mirror": st.just("all")}
    ),
    max_size=2,
)
registry = st.fixed_dictionaries({"location": hosts}, optional={"mirror": mirrors})
settings = st.fixed_dictionaries(
    {},
    optional={
        "registry": st.lists(registry, max_size=3, unique_by=lambda each: str(each["location"])),
        "unqualified-search-registries": st.lists(st.sampled_from(["a.io", "b.io"]), max_size=2),
        "aliases": st.dictionaries(st.sampled_from(["app", "team/app"]), st.sampled_from(["", "a.io/x"])),
        "short-name-mode": st.sampled_from(["enforcing", "disabled"]),
        "credential-helpers": st.lists(st.just("pass"), max_size=1),
    },
)


def load_these(*contents: dict[str, Any]) -> Registries:
    with tempfile.TemporaryDirectory() as folder:
        for path, content in zip(FILES, contents, strict=False):
            place = Path(folder, path.lstrip("/"))
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(tomli_w.dumps(content))
        return load_registries(RegistriesConfPaths(), root=Path(folder))


@given(settings)
def test_a_file_laid_over_itself_changes_nothing(content: dict[str, Any]) -> None:
    assert fingerprint(load_these(content, content)) == fingerprint(load_these(content))


@given(settings, st.permutations(range(3)))
def test_the_fingerprint_is_the_same_however_the_files_are_split(content: dict[str, Any], order: list[int]) -> None:
    parts: list[dict[str, Any]] = [{}, {}, {}]
    for at, (key, value) in enumerate(content.items()):
        parts[order[at % 3]][key] = value
    if len(content.get("registry", ())) > 1:
        parts[0]["registry"], parts[2]["registry"] = content["registry"][1:], content["registry"][:1]
        parts[1].pop("registry", None)
    assert fingerprint(load_these({}, *parts)) == fingerprint(load_these(content))
