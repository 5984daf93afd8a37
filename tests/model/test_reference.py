import re
import string
from collections.abc import Callable

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from conformance.model.reference import (
    InvalidReferenceError,
    Reference,
    parse,
    parse_as_docker,
    parse_canonical,
    parse_normalized,
)

HEX = "a429" * 16
SHA256 = f"sha256:{HEX}"
TAIL = f"@{SHA256}"

LETTERS = string.ascii_lowercase + string.digits
atoms = st.text(LETTERS, min_size=1, max_size=6)
separators = st.sampled_from([".", "_", "__", "-", "--", "---"])
components = st.builds(
    lambda first, rest: first + "".join(map("".join, rest)),
    atoms,
    st.lists(st.tuples(separators, atoms), max_size=2),
)
paths = st.lists(components, min_size=1, max_size=4).map("/".join)
labels = st.from_regex(r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,6}[a-zA-Z0-9])?", fullmatch=True).filter(str.isascii)
ports = st.integers(0, 99999).map(lambda port: f":{port}")
hosts = st.one_of(
    st.just("localhost"),
    st.builds(
        lambda words, port: ".".join(words) + port, st.lists(labels, min_size=2, max_size=4), ports | st.just("")
    ),
    st.builds(lambda word, port: word + port, labels, ports),
).filter(lambda host: host != "index.docker.io")
tags = st.text(f"{string.ascii_letters}{string.digits}_.-", min_size=1, max_size=128).filter(
    lambda tag: tag[0] not in ".-"
)
digests = st.sampled_from([("sha256", 64), ("sha384", 96), ("sha512", 128)]).flatmap(
    lambda kind: st.text("0123456789abcdef", min_size=kind[1], max_size=kind[1]).map(lambda text: f"{kind[0]}:{text}")
)
full = st.builds(Reference, hosts, paths, st.just("") | tags, st.just("") | digests).filter(
    lambda each: len(each.name) < 256
)
short = st.builds(Reference, st.just(""), components, st.just("") | tags, st.just("") | digests)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("busybox", Reference("", "busybox")),
        ("busybox:1.36", Reference("", "busybox", "1.36")),
        (f"busybox{TAIL}", Reference("", "busybox", "", SHA256)),
        (f"busybox:1{TAIL}", Reference("", "busybox", "1", SHA256)),
        ("rhuss/app", Reference("rhuss", "app")),
        ("rhuss/app/v2", Reference("rhuss", "app/v2")),
        ("quay.io/rhuss/app:1", Reference("quay.io", "rhuss/app", "1")),
        ("localhost:5000", Reference("", "localhost", "5000")),
        ("localhost:5000/app", Reference("localhost:5000", "app")),
        ("Example.COM/app", Reference("Example.COM", "app")),
        ("UPPER/app", Reference("UPPER", "app")),
        ("under_score/app", Reference("", "under_score/app")),
        ("a-/b", None),
        ("a__b/c--d/e.f/g---h", Reference("", "a__b/c--d/e.f/g---h")),
        ("a___b", None),
        ("a..b", None),
        ("a._b", None),
        ("-a", None),
        ("a/", None),
        ("/a", None),
        ("a//b", None),
        ("a:", None),
        ("a:.b", None),
        (f"a:{'t' * 128}", Reference("", "a", "t" * 128)),
        (f"a:{'t' * 129}", None),
        ("a:é", None),
        ("a:1\n", None),
        ("a\n", None),
        ("٣", None),
        ("[::1]:5000/app", None),
        (f"a@sha256:{HEX[:31]}", None),
        ("a@", None),
        (SHA256, Reference("", "sha256", HEX)),
    ],
)
def test_a_name_is_read_as_the_grammar_says(text: str, parts: Reference | None) -> None:
    if parts is None:
        with pytest.raises(InvalidReferenceError, match=r"^invalid reference format$"):
            parse(text)
    else:
        assert parse(text) == parts


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "repository name must have at least one component"),
        ("Busybox", "repository name must be lowercase"),
        ("quay.io/Rhuss/app", "repository name must be lowercase"),
        ("İ", "repository name must be lowercase"),
        ("A b", "invalid reference format"),
        ("é", "invalid reference format"),
        ("a" * 256, "repository name must not be more than 255 characters"),
        (f"quay.io/{'a' * 248}", "repository name must not be more than 255 characters"),
        (f"a@md5:{HEX}", "unsupported digest algorithm"),
        (f"a@sha256-x:{HEX}", "unsupported digest algorithm"),
        (f"a@SHA256:{HEX}", "invalid checksum digest format"),
        (f"a@sha256:{HEX.upper()}", "invalid checksum digest format"),
        (f"a@sha256:{HEX[:-1]}", "invalid checksum digest length"),
        (f"a@sha512:{HEX}", "invalid checksum digest length"),
        (f"a@sha256:{HEX[:-1].upper()}", "invalid checksum digest length"),
    ],
)
def test_what_is_no_name_is_refused_in_distributions_words(text: str, message: str) -> None:
    with pytest.raises(InvalidReferenceError) as caught:
        parse(text)
    assert str(caught.value) == message


@pytest.mark.parametrize("length", [254, 255])
def test_a_name_may_have_255_bytes_without_tag_and_digest(length: int) -> None:
    assert str(parse(f"{'a' * length}:{'t' * 128}{TAIL}"))


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("busybox", "docker.io/library/busybox"),
        ("busybox:1", "docker.io/library/busybox:1"),
        (f"busybox{TAIL}", f"docker.io/library/busybox{TAIL}"),
        ("rhuss/app", "docker.io/rhuss/app"),
        ("docker.io/busybox", "docker.io/library/busybox"),
        ("index.docker.io/busybox", "docker.io/library/busybox"),
        ("index.docker.io/rhuss/app", "docker.io/rhuss/app"),
        ("registry-1.docker.io/app", "registry-1.docker.io/app"),
        ("docker.io:443/app", "docker.io:443/app"),
        ("localhost/app", "localhost/app"),
        ("localhost:5000", "docker.io/library/localhost:5000"),
        ("quay.io/app", "quay.io/app"),
        ("QUAY.io/app", "QUAY.io/app"),
        (HEX[:63], f"docker.io/library/{HEX[:63]}"),
        (f"{HEX}:1", f"docker.io/library/{HEX}:1"),
    ],
)
def test_a_name_is_completed_by_dockers_convention(text: str, whole: str) -> None:
    assert str(parse_normalized(text)) == whole


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEX, f"invalid repository name ({HEX}), cannot specify 64-byte hexadecimal strings"),
        ("Busybox", "invalid reference format: repository name must be lowercase"),
        ("Rhuss/app", "invalid reference format: repository name must be lowercase"),
        ("quay.io/Rhuss/app", "invalid reference format: repository name must be lowercase"),
        ("quay.io/", "invalid reference format"),
        ("", "invalid reference format"),
        ("a" * 239, "repository name must not be more than 255 characters"),
        (f"a@sha256:{HEX[:-1]}", "invalid checksum digest length"),
    ],
)
def test_what_cannot_be_completed_is_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidReferenceError) as caught:
        parse_normalized(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("busybox", "docker.io/library/busybox"),
        ("[2001:db8::1]:5000/repo", "[2001:db8::1]:5000/repo"),
        ("[2001:db8::1]/repo:1", "[2001:db8::1]/repo:1"),
        ("[2001:DB8::1]:5000/repo", "[2001:DB8::1]:5000/repo"),
        (f"[::1]/repo{TAIL}", f"[::1]/repo{TAIL}"),
        ("Rhuss/app", "Rhuss/app"),
        (f"quay.io/{'a' * 255}", f"quay.io/{'a' * 255}"),
        ("a" * 247, f"docker.io/library/{'a' * 247}"),
    ],
)
def test_a_kubelet_takes_more_for_names(text: str, whole: str) -> None:
    assert str(parse_as_docker(text)) == whole


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEX, f"invalid repository name ({HEX}), cannot specify 64-byte hexadecimal strings"),
        ("rhuss/App", "invalid reference format: repository name (rhuss/App) must be lowercase"),
        ("2001:db8::1/repo", "invalid reference format"),
        ("[fe80::1%eth0]:5000/repo", "invalid reference format"),
        ("[::ffff:192.0.2.1]/repo", "invalid reference format"),
        ("[2001:db8::1]", "invalid reference format"),
        (f"quay.io/{'a' * 256}", "repository name must not be more than 255 characters"),
        ("a" * 248, "repository name must not be more than 255 characters"),
        (f"a@sha256:{HEX[:-1]}", "invalid checksum digest length"),
    ],
)
def test_what_a_kubelet_does_not_take_for_a_name(text: str, message: str) -> None:
    with pytest.raises(InvalidReferenceError) as caught:
        parse_as_docker(text)
    assert str(caught.value) == message


@pytest.mark.parametrize("text", ["busybox", "docker.io/busybox", "index.docker.io/rhuss/app", "rhuss/app:1"])
def test_a_name_that_is_not_whole_is_not_canonical(text: str) -> None:
    with pytest.raises(InvalidReferenceError, match=r"^repository name must be canonical$"):
        parse_canonical(text)


@given(full | short)
def test_every_name_reads_into_its_parts_and_prints_back(reference: Reference) -> None:
    assert parse(str(reference)) == reference
    assert str(parse(str(reference))) == str(reference)


@given(full)
def test_a_name_with_a_host_is_not_short(reference: Reference) -> None:
    assert not parse(str(reference)).is_short


@given(short | st.builds(Reference, atoms.filter(lambda it: it != "localhost"), paths, st.just(""), st.just("")))
def test_a_name_without_a_host_is_short(reference: Reference) -> None:
    assume(len(reference.name) < 256)
    assert parse(str(reference)).is_short


@given(full | short)
@example(Reference("docker.io", "busybox"))
@example(Reference("index.docker.io", "busybox"))
def test_completing_twice_is_completing_once(reference: Reference) -> None:
    assume(not re.fullmatch(r"[0-9a-f]{64}", str(reference)))
    whole = parse_normalized(str(reference))
    assert parse_normalized(str(whole)) == whole
    assert parse_canonical(str(whole)) == whole
    assert not whole.is_short


@given(full | st.builds(Reference, st.just("docker.io"), paths, st.just("") | tags, st.just("") | digests))
@example(Reference("docker.io", "library/busybox", "1"))
@example(Reference("docker.io", "library/a/b"))
def test_what_docker_shows_means_the_same_name(reference: Reference) -> None:
    first = reference.path.partition("/")[0]
    # Docker's short form of docker.io/localhost/app and docker.io/a.b/app is another name; upstream has it so, too.
    assume(first != "localhost" and "." not in first)
    whole = parse_normalized(str(reference))
    assert parse_normalized(whole.familiar) == whole


@given(st.text() | st.text("aZ0.:/@-_", max_size=400) | st.from_regex(r"[a-z.-]+(:[0-9]+)?/[a-z_/-]+[:@].*"))
@example("a" * 5000 + "!")
@example("a-" * 3000 + "!")
def test_no_text_is_more_than_refused(text: str) -> None:
    for read in (parse, parse_normalized, parse_canonical):
        try:
            reference = read(text)
        except InvalidReferenceError:
            continue
        assert parse(str(reference)) == reference


def test_a_tag_is_added_only_where_nothing_says_which() -> None:
    assert str(parse_normalized("busybox").with_default_tag()) == "docker.io/library/busybox:latest"
    assert str(parse(f"a{TAIL}").with_default_tag()) == f"a{TAIL}"
    assert str(parse(f"a:1{TAIL}").without_tag_beside_digest()) == f"a{TAIL}"
    assert str(parse("a:1").without_tag_beside_digest()) == "a:1"
    assert parse(f"a:1{TAIL}").tag_or_digest == SHA256
    assert parse("a:1").tag_or_digest == "1"


def read(parts: Callable[[], Reference]) -> Reference | str:
    """Give a reference, or what is wrong with it."""
    try:
        return parts()
    except InvalidReferenceError as error:
        return str(error)


SEARCHED = ["docker.io", "index.docker.io", "quay.io", "registry:5000", "localhost", "a.b:1", "nodot"]


@given(short, st.sampled_from(SEARCHED))
def test_a_short_name_on_a_host_is_what_the_two_together_read_as(reference: Reference, host: str) -> None:
    assert read(lambda: reference.on(host)) == read(lambda: parse_normalized(f"{host}/{reference}"))


@pytest.mark.parametrize("name", ["Rhuss/app", "A-b/c", "rhuss/app:1.2", "app", "a" * 240, "b/" + "a" * 245])
@pytest.mark.parametrize("host", SEARCHED)
def test_what_is_odd_about_a_short_name_shows_on_a_host_as_well(name: str, host: str) -> None:
    reference = parse(name)
    assert read(lambda: reference.on(host)) == read(lambda: parse_normalized(f"{host}/{name}"))
