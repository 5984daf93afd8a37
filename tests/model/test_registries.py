import pytest

from conformance.model.reference import InvalidReferenceError, parse_normalized
from conformance.model.registries import Alias, Mirror, Registries, Registry

DIGEST = "@sha256:" + "a429" * 16


def entries(*prefixes: str) -> Registries:
    return Registries(registries=tuple(Registry(prefix=each, location=each) for each in sorted(prefixes)))


def asked(registries: Registries, name: str) -> list[str]:
    return [str(source.reference) for source in registries.sources(parse_normalized(name))]


def one(prefix: str, location: str, *mirrors: Mirror, by_digest_only: bool = False) -> Registries:
    registry = Registry(prefix=prefix, location=location, mirrors=mirrors, mirror_by_digest_only=by_digest_only)
    return Registries(registries=(registry,))


@pytest.mark.parametrize(
    ("prefixes", "name", "found"),
    [
        (["quay.io", "quay.io/team", "quay.io/team/app"], "quay.io/team/app/x", "quay.io/team/app"),
        (["quay.io", "quay.io/team"], "quay.io/team/app", "quay.io/team"),
        (["quay.io", "quay.io/team"], "quay.io/teams/app", "quay.io"),
        (["quay.io/team"], "quay.io/app", None),
        (["quay.io"], "quay.io.example.com/app", None),
        (["quay.io"], "notquay.io/app", None),
        (["quay.io"], "quay.io", "quay.io"),
        (["quay.io/app"], "quay.io/app:1", "quay.io/app"),
        (["quay.io/app"], f"quay.io/app{DIGEST}", "quay.io/app"),
        (["quay.io/app:1"], "quay.io/app:1", "quay.io/app:1"),
        (["quay.io/app:1"], "quay.io/app", None),
        # A host without a port covers its ports: upstream says not to rely on it, and has it so.
        (["example.com"], "example.com:5000/app", "example.com"),
        (["example.com", "example.com:5000"], "example.com:5000/app", "example.com:5000"),
        (["example.com:5000"], "example.com/app", None),
        (["*.example.com"], "a.example.com/app", "*.example.com"),
        (["*.example.com"], "a.b.example.com:5000/app", "*.example.com"),
        (["*.example.com"], "example.com/app", None),
        (["*.example.com"], "a.example.community/app", None),
        (["*.example.com"], "quay.io/a.example.com/app", None),
        # Only the first place counts where the wildcard's rest occurs.
        (["*.example.com"], "a.example.com.example.com/app", None),
        (["*.example.com", "b.example.com"], "b.example.com/app", "*.example.com"),
        (["*.example.com", "bb.example.com"], "bb.example.com/app", "bb.example.com"),
        (["*.com", "*.example.com"], "a.example.com/app", "*.example.com"),
        ([], "quay.io/app", None),
    ],
)
def test_the_entry_with_the_longest_prefix_is_found(prefixes: list[str], name: str, found: str | None) -> None:
    registries = entries(*prefixes)
    for _ in range(2):  # the second time, it is remembered
        registry = registries.find(name)
        assert (registry.prefix if registry else None) == found


@pytest.mark.parametrize(
    ("prefix", "location", "name", "asked_for"),
    [
        ("quay.io", "quay.io", "quay.io/a:1", "quay.io/a:1"),
        ("quay.io", "mirror.lan/quay", "quay.io/a/b:1", "mirror.lan/quay/a/b:1"),
        ("quay.io/a", "mirror.lan:5000/x/y", f"quay.io/a/b{DIGEST}", f"mirror.lan:5000/x/y/b{DIGEST}"),
        ("quay.io/a", "mirror.lan/x", "quay.io/a:1", "mirror.lan/x:1"),
        ("docker.io", "mirror.lan", "busybox", "mirror.lan/library/busybox"),
        ("docker.io/library", "mirror.lan", "busybox:1", "mirror.lan/busybox:1"),
        ("*.example.com", "", "a.example.com/b:1", "a.example.com/b:1"),
        ("*.example.com", "mirror.lan/all", "a.b.example.com/c:1", "mirror.lan/all/c:1"),
        ("example.com", "mirror.lan", "example.com:5000/a", "mirror.lan:5000/a"),
        ("quay.io/other", "mirror.lan", "quay.io/a:1", "quay.io/a:1"),
    ],
)
def test_the_location_takes_the_place_of_the_prefix(prefix: str, location: str, name: str, asked_for: str) -> None:
    assert asked(one(prefix, location), name) == [asked_for]


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("mirror.lan/", "rewriting reference: invalid reference format"),
        ("Mirror.lan/Up", "rewriting reference: invalid reference format: repository name must be lowercase"),
        ("docker.io", "rewriting reference: repository name must be canonical"),
        ("mirror", "rewriting reference: repository name must be canonical"),
    ],
)
def test_a_location_that_makes_no_name_is_refused(location: str, message: str) -> None:
    with pytest.raises(InvalidReferenceError) as caught:
        one("quay.io", location).sources(parse_normalized("quay.io/a:1"))
    assert str(caught.value) == message


MIRRORS = (
    Mirror("first.lan/q", insecure=True),
    Mirror("all.lan", pull_from_mirror="all"),
    Mirror("digests.lan", pull_from_mirror="digest-only"),
    Mirror("tags.lan", pull_from_mirror="tag-only"),
)


@pytest.mark.parametrize(
    ("tail", "hosts"),
    [
        (":1", ["first.lan/q", "all.lan", "tags.lan", "own.lan"]),
        ("", ["first.lan/q", "all.lan", "tags.lan", "own.lan"]),
        (DIGEST, ["first.lan/q", "all.lan", "digests.lan", "own.lan"]),
        (f":1{DIGEST}", ["first.lan/q", "all.lan", "digests.lan", "own.lan"]),
    ],
)
def test_mirrors_are_asked_in_order_and_for_what_they_serve(tail: str, hosts: list[str]) -> None:
    registries = one("quay.io", "own.lan", *MIRRORS)
    assert asked(registries, f"quay.io/a{tail}") == [f"{host}/a{tail}" for host in hosts]


@pytest.mark.parametrize(("tail", "hosts"), [(":1", ["own.lan"]), (DIGEST, ["a.lan", "b.lan", "own.lan"])])
def test_mirrors_may_be_for_digests_alone(tail: str, hosts: list[str]) -> None:
    registries = one("quay.io", "own.lan", Mirror("a.lan"), Mirror("b.lan"), by_digest_only=True)
    assert asked(registries, f"quay.io/a{tail}") == [f"{host}/a{tail}" for host in hosts]


def test_a_source_is_insecure_where_its_own_place_is() -> None:
    registry = Registry(prefix="quay.io", location="own.lan", mirrors=MIRRORS[:2], insecure=False)
    sources = Registries(registries=(registry,)).sources(parse_normalized("quay.io/a"))
    assert [(source.insecure, source.mirror) for source in sources] == [
        (True, MIRRORS[0]),
        (False, MIRRORS[1]),
        (False, None),
    ]


RECORDED = Alias("docker.io/library/app", "/var/cache/containers/short-name-aliases.conf")
CONFIGURED = Alias("quay.io/team/app", "/etc/containers/registries.conf")


@pytest.mark.parametrize(
    ("recorded", "configured", "meant"),
    [
        (None, None, None),
        (None, CONFIGURED, CONFIGURED),
        (RECORDED, CONFIGURED, RECORDED),
        (RECORDED, None, RECORDED),
        (Alias("", RECORDED.file), CONFIGURED, None),
    ],
)
def test_a_recorded_alias_comes_first(recorded: Alias | None, configured: Alias | None, meant: Alias | None) -> None:
    registries = Registries(
        aliases={"app": configured} if configured else {}, cached_aliases={"app": recorded} if recorded else {}
    )
    assert registries.alias("app") == meant
    assert registries.alias("other") is None
