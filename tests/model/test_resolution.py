"""What a name may mean, and how it is refused; texts as live releases word them, 1.31.13 to 1.36.3."""

import pytest

from conformance.model.profile import profile
from conformance.model.registries import Alias, Registries
from conformance.model.release import Release
from conformance.model.resolution import NameKind, Resolution, effective_mode, resolve

FIVES = "5" * 64
DIGEST = f"@sha256:{FIVES}"
CONF = "/etc/containers/registries.conf.d/crio.conf"
ALIASES = "/etc/containers/registries.conf"
RECORDED = "/var/cache/containers/short-name-aliases.conf"
BOTH = Registries(search=("docker.io", "quay.io"), search_file=CONF)
BEFORE_1_34 = ("1.31.0", "1.32.13", "1.33.13")
FROM_1_34 = ("1.34.0", "1.34.11", "1.35.6", "1.36.3", "1.37.0-dev")


def names(resolution: Resolution) -> list[str]:
    return [str(each) for each in resolution.candidates]


# The mode


@pytest.mark.parametrize("configured", ["", "enforcing", "disabled", None])
@pytest.mark.parametrize("of_registries", ["permissive", "enforcing", "disabled"])
@pytest.mark.parametrize("release", BEFORE_1_34)
def test_before_1_34_the_mode_is_disabled_whatever_is_written(
    release: str, of_registries: str, configured: str | None
) -> None:
    registries = Registries(short_name_mode=of_registries)
    assert effective_mode(profile(Release(release)), configured, registries) == "disabled"


@pytest.mark.parametrize(
    ("configured", "of_registries", "mode"),
    [
        ("", "permissive", "enforcing"),
        ("", "disabled", "enforcing"),
        ("enforcing", "disabled", "enforcing"),
        ("disabled", "enforcing", "disabled"),
        (None, "permissive", "permissive"),
        (None, "enforcing", "enforcing"),
        (None, "disabled", "disabled"),
    ],
)
@pytest.mark.parametrize("release", FROM_1_34)
def test_from_1_34_crio_conf_counts_and_registries_conf_only_without_it(
    release: str, configured: str | None, of_registries: str, mode: str
) -> None:
    registries = Registries(short_name_mode=of_registries)
    assert effective_mode(profile(Release(release)), configured, registries) == mode


# Full names


@pytest.mark.parametrize(
    ("name", "candidate"),
    [
        ("quay.io/rhuss/app", "quay.io/rhuss/app:latest"),
        ("quay.io/rhuss/app:1.2", "quay.io/rhuss/app:1.2"),
        (f"quay.io/rhuss/app{DIGEST}", f"quay.io/rhuss/app{DIGEST}"),
        (f"quay.io/rhuss/app:1.2{DIGEST}", f"quay.io/rhuss/app{DIGEST}"),
        ("docker.io/app", "docker.io/library/app:latest"),
        ("docker.io/library/app", "docker.io/library/app:latest"),
        ("index.docker.io/app", "docker.io/library/app:latest"),
        ("index.docker.io/rhuss/app:1", "docker.io/rhuss/app:1"),
        ("quay.io/app", "quay.io/app:latest"),
        ("localhost/app", "localhost/app:latest"),
        ("localhost:5000/app", "localhost:5000/app:latest"),
        ("host:5000/app", "host:5000/app:latest"),
        ("QUAY.IO/rhuss/app", "QUAY.IO/rhuss/app:latest"),
    ],
)
@pytest.mark.parametrize("mode", ["disabled", "permissive", "enforcing"])
@pytest.mark.parametrize("registries", [BOTH, Registries()], ids=["search list", "no search list"])
def test_a_full_name_means_itself(name: str, candidate: str, mode: str, registries: Registries) -> None:
    resolution = resolve(name, registries, mode)
    assert (resolution.kind, names(resolution), resolution.refusal) == (NameKind.FULL, [candidate], "")
    assert (resolution.short_name, resolution.log_line) == ("", "")


def test_an_alias_is_not_looked_for_under_a_full_name() -> None:
    registries = Registries(search=BOTH.search, aliases={"quay.io/app": Alias("ghcr.io/other", ALIASES)})
    assert names(resolve("quay.io/app", registries, "disabled")) == ["quay.io/app:latest"]


# Short names


@pytest.mark.parametrize(
    ("name", "docker", "quay"),
    [
        ("app", "docker.io/library/app:latest", "quay.io/app:latest"),
        ("rhuss/app", "docker.io/rhuss/app:latest", "quay.io/rhuss/app:latest"),
        ("library/app", "docker.io/library/app:latest", "quay.io/library/app:latest"),
        ("rhuss/app:1.2", "docker.io/rhuss/app:1.2", "quay.io/rhuss/app:1.2"),
        (f"rhuss/app{DIGEST}", f"docker.io/rhuss/app{DIGEST}", f"quay.io/rhuss/app{DIGEST}"),
        (f"rhuss/app:1.2{DIGEST}", f"docker.io/rhuss/app{DIGEST}", f"quay.io/rhuss/app{DIGEST}"),
        (FIVES, f"docker.io/library/{FIVES}:latest", f"quay.io/{FIVES}:latest"),
        (f"sha256:{FIVES}", f"docker.io/library/sha256:{FIVES}", f"quay.io/sha256:{FIVES}"),
        ("quay.io", "docker.io/library/quay.io:latest", "quay.io/quay.io:latest"),
        ("localhost", "docker.io/library/localhost:latest", "quay.io/localhost:latest"),
    ],
)
@pytest.mark.parametrize("mode", ["disabled", "permissive"])
def test_a_short_name_means_every_search_registry_in_order(name: str, docker: str, quay: str, mode: str) -> None:
    resolution = resolve(name, BOTH, mode)
    assert (resolution.kind, names(resolution), resolution.refusal) == (NameKind.SEARCH, [docker, quay], "")
    assert resolution.file == CONF
    assert resolution.log_line == f'Resolving "{resolution.short_name}" using unqualified-search registries ({CONF})'
    turned = Registries(search=BOTH.search[::-1], search_file=CONF)
    assert names(resolve(name, turned, mode)) == [quay, docker]


def test_the_short_name_has_no_tag_and_no_digest() -> None:
    assert resolve(f"rhuss/app:1.2{DIGEST}", BOTH, "disabled").short_name == "rhuss/app"


@pytest.mark.parametrize("name", ["rhuss/app", "rhuss/app:latest", f"rhuss/app{DIGEST}", "app", "library/app"])
def test_an_ambiguous_name_is_refused_as_it_was_written(name: str) -> None:
    resolution = resolve(name, BOTH, "enforcing")
    assert resolution.refusal == f"short name mode is enforcing, but image name {name} returns ambiguous list"
    assert len(resolution.candidates) == 2, "explain tells what it might have meant"
    assert resolution.log_line == ""


@pytest.mark.parametrize("mode", ["disabled", "permissive", "enforcing"])
def test_one_search_registry_is_never_ambiguous(mode: str) -> None:
    resolution = resolve("rhuss/app", Registries(search=("quay.io",), search_file=CONF), mode)
    assert (names(resolution), resolution.refusal) == (["quay.io/rhuss/app:latest"], "")


@pytest.mark.parametrize("mode", ["disabled", "permissive", "enforcing"])
@pytest.mark.parametrize(
    ("file", "where"),
    [
        ("", "no containers-registries.conf(5) was found"),
        (
            "/etc/containers/registries.conf.d/10-none.conf",
            'no unqualified-search registries are defined in "/etc/containers/registries.conf.d/10-none.conf"',
        ),
        (
            "/etc/containers/registries.conf",
            'no unqualified-search registries are defined in "/etc/containers/registries.conf"',
        ),
    ],
)
def test_without_a_search_list_a_short_name_means_nothing(file: str, where: str, mode: str) -> None:
    resolution = resolve("rhuss/app", Registries(search_file=file), mode)
    assert resolution.refusal == f'short-name "rhuss/app" did not resolve to an alias and {where}'
    assert (resolution.candidates, resolution.file, resolution.log_line) == ((), file, "")


# Aliases


@pytest.mark.parametrize(
    ("name", "value", "candidate"),
    [
        ("app", "quay.io/al/ias", "quay.io/al/ias:latest"),
        ("app:2", "quay.io/al/ias", "quay.io/al/ias:2"),
        (f"app{DIGEST}", "quay.io/al/ias", f"quay.io/al/ias{DIGEST}"),
        (f"app:2{DIGEST}", "quay.io/al/ias", f"quay.io/al/ias{DIGEST}"),
        ("app", "docker.io/app", "docker.io/library/app:latest"),
        ("app", "host:5000/app", "host:5000/app:latest"),
    ],
)
@pytest.mark.parametrize("mode", ["disabled", "permissive", "enforcing"])
def test_an_alias_is_the_only_candidate_in_every_mode(name: str, value: str, candidate: str, mode: str) -> None:
    registries = Registries(search=BOTH.search, search_file=CONF, aliases={"app": Alias(value, ALIASES)})
    resolution = resolve(name, registries, mode)
    assert (resolution.kind, names(resolution), resolution.refusal) == (NameKind.ALIAS, [candidate], "")
    assert resolution.log_line == f'Resolved "app" as an alias ({ALIASES})'


def test_a_recorded_alias_comes_first_and_an_empty_one_cancels() -> None:
    written = {"app": Alias("quay.io/al/ias", ALIASES)}
    recorded = Registries(
        search=("ghcr.io",), aliases=written, cached_aliases={"app": Alias("docker.io/rec/orded", RECORDED)}
    )
    assert names(resolve("app", recorded, "disabled")) == ["docker.io/rec/orded:latest"]
    assert resolve("app", recorded, "disabled").file == RECORDED
    cancelled = Registries(search=("ghcr.io",), aliases=written, cached_aliases={"app": Alias("", RECORDED)})
    resolution = resolve("app", cancelled, "disabled")
    assert (resolution.kind, names(resolution)) == (NameKind.SEARCH, ["ghcr.io/app:latest"])


def test_an_alias_is_for_the_whole_short_name() -> None:
    registries = Registries(search=("ghcr.io",), aliases={"app": Alias("quay.io/al/ias", ALIASES)})
    assert names(resolve("rhuss/app", registries, "disabled")) == ["ghcr.io/rhuss/app:latest"]


# What is no name

LONG = "a" * 129


@pytest.mark.parametrize(
    ("name", "refusal"),
    [
        ("", 'cannot parse input: "": repository name must have at least one component'),
        ("rhuss/App", 'cannot parse input: "rhuss/App": repository name must be lowercase'),
        ("quay.io/Rhuss/app", 'cannot parse input: "quay.io/Rhuss/app": repository name must be lowercase'),
        ("rhuss/app:", 'cannot parse input: "rhuss/app:": invalid reference format'),
        (f"rhuss/app:{LONG}", f'cannot parse input: "rhuss/app:{LONG}": invalid reference format'),
        ("rhuss/app@sha256:abc", 'cannot parse input: "rhuss/app@sha256:abc": invalid reference format'),
        (
            f"rhuss/app@md5:{'5' * 32}",
            f'cannot parse input: "rhuss/app@md5:{"5" * 32}": unsupported digest algorithm',
        ),
        (
            f"rhuss/app@sha512:{FIVES}",
            f'cannot parse input: "rhuss/app@sha512:{FIVES}": invalid checksum digest length',
        ),
        (
            f"rhuss/app@sha256:{'A' * 64}",
            f'cannot parse input: "rhuss/app@sha256:{"A" * 64}": invalid checksum digest format',
        ),
        ("rhuss/app\n", r'cannot parse input: "rhuss/app\n": invalid reference format'),
        ("rhuss/äpp", 'cannot parse input: "rhuss/äpp": invalid reference format'),
        (
            "docker://quay.io/rhuss/app",
            'cannot parse input: "docker://quay.io/rhuss/app": invalid reference format',
        ),
        ("[::1]:5000/app", 'cannot parse input: "[::1]:5000/app": invalid reference format'),
    ],
)
@pytest.mark.parametrize("mode", ["disabled", "enforcing"])
def test_what_is_no_name_is_refused_before_anything_else(name: str, refusal: str, mode: str) -> None:
    resolution = resolve(name, BOTH, mode)
    assert (resolution.kind, resolution.refusal, resolution.candidates) == (NameKind.INVALID, refusal, ())
    assert resolution.log_line == ""


def test_a_first_component_in_capitals_is_refused_with_the_first_search_registry() -> None:
    said = 'creating reference with unqualified-search registry "docker.io": '
    resolution = resolve("Rhuss/app", BOTH, "disabled")
    assert resolution.refusal == said + "invalid reference format: repository name must be lowercase"
