"""Explain as a program in a world: it finds the registries of the pretend internet by their names, as CRI-O does."""

import json
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import conformance
from conformance.node import World
from conformance.registry_hosts import Exchange, Internet, RequestKind
from conformance.registry_hosts.internet import authority
from tests.node.world_traces import PATIENCE

pytestmark = pytest.mark.usefixtures("namespaces")
NAME = "rhuss/caikit-flan-t5-small"
CODE = Path(conformance.__file__).parent.parent


class Told(NamedTuple):
    """What the program printed, how it ended, and who was asked for manifests, and shown a login."""

    text: str
    status: int
    asked: list[str]
    shown: set[tuple[str, str]]


Explain = Callable[..., Told]


@pytest.fixture
def inside(own_tmpdir: Path) -> Iterator[tuple[World, Internet]]:
    del own_tmpdir
    visible = [CODE, Path(sys.prefix), Path(sys.base_prefix)]
    with World(visible) as world, Internet(world.bind) as internet:
        authority().cert_pem.write_to_path(str(world.folder / "authority.pem"))
        (world.etc / "containers" / "registries.conf").write_text(
            'unqualified-search-registries = ["docker.io", "quay.io"]\n'
        )
        yield world, internet


@pytest.fixture
def explain(inside: tuple[World, Internet]) -> Explain:
    """Runs ``crio-conformance explain`` inside, on the world's own files."""
    world, internet = inside
    env = {
        "HOME": str(world.folder),
        "PYTHONPATH": str(CODE),
        "PYTHONDONTWRITEBYTECODE": "1",
        "SSL_CERT_FILE": str(world.folder / "authority.pem"),
    }

    def run(*arguments: str) -> Told:
        mark = internet.recorder.position()
        command = [
            sys.executable,
            "-m",
            "conformance.commands.main",
            "explain",
            "--platform",
            "linux/amd64",
            *arguments,
        ]
        process = world.spawn(command, env, f"log-{mark}")
        assert process.wait(PATIENCE * 3), "it does not end"
        records = [each for each in internet.recorder.since(mark) if isinstance(each, Exchange)]
        return Told(
            process.log.read_text(),
            process.status(),
            [each.host for each in records if each.kind is RequestKind.MANIFEST],
            {(each.server, each.user) for each in records if each.user},
        )

    return run


@pytest.fixture
def story(inside: tuple[World, Internet]) -> None:
    """The image is on docker.io for arm64 only, and private on quay.io."""
    _, internet = inside
    internet.host("docker.io").offer(NAME, platforms=["linux/arm64"])
    internet.host("quay.io").require_login(NAME)


@pytest.mark.usefixtures("story")
def test_the_whole_story_is_told_where_it_happens(explain: Explain) -> None:
    told = explain(NAME, "--probe", "--release", "1.36.3", "--short-name-mode", "disabled")
    assert told.status == 1, told.text
    assert told.asked == ["docker.io", "quay.io"]
    assert (
        told.text
        == """\
rhuss/caikit-flan-t5-small, pulled by CRI-O 1.36.3 on linux/amd64
  The registries are configured in /etc/containers/registries.conf.

The name
  It is a short name: rhuss is no registry host (that has a dot or a port in it, or is localhost).
  It has neither tag nor digest: CRI-O takes the tag latest.
  There is no alias for it, so it is completed from the search list: docker.io and quay.io.
  That is unqualified-search-registries in /etc/containers/registries.conf.
  CRI-O's messages have docker.io/rhuss/caikit-flan-t5-small:latest as
  docker://rhuss/caikit-flan-t5-small:latest.

The short-name mode
  It is disabled, as given: CRI-O tries every registry of the search list in turn.

Where CRI-O asks for it, in this order
  1. docker.io/rhuss/caikit-flan-t5-small:latest
     docker.io has it, for linux/arm64 only, and this node is linux/amd64: CRI-O goes on.
  2. quay.io/rhuss/caikit-flan-t5-small:latest
     quay.io answers unauthorized (HTTP 401), and that is all you will be told.
  On docker.io, an image for linux/amd64 is missing: whoever owns the repository can add one.
  From quay.io, that may mean a private image, or none at all: it says the same of both.

The end
  The pull fails. You will be told:
    unable to pull image or OCI artifact: pull image err: initializing source
    docker://quay.io/rhuss/caikit-flan-t5-small:latest: reading manifest latest in
    quay.io/rhuss/caikit-flan-t5-small: unauthorized: access to the requested resource is not
    authorized; artifact err: image reference: get manifest from ref: create image source: reading
    manifest latest in quay.io/rhuss/caikit-flan-t5-small: unauthorized: access to the requested
    resource is not authorized
  It says nothing of docker.io: CRI-O reports the last registry alone (cri-o/cri-o#8780).

What to write instead
  No registry here would give it to linux/amd64.
  With a full name, CRI-O tells why that very registry does not:
    docker.io/rhuss/caikit-flan-t5-small:latest
    quay.io/rhuss/caikit-flan-t5-small:latest
"""
    )


@pytest.mark.usefixtures("story")
def test_1_33_walks_both_and_1_36_neither(explain: Explain) -> None:
    old = explain(NAME, "--probe", "--release", "1.33")
    assert old.asked == ["docker.io", "quay.io"]
    assert "quay.io answers unauthorized (HTTP 401), and that is all you will be told." in old.text
    new = explain(NAME, "--probe")
    assert (new.status, new.asked) == (1, ["docker.io", "quay.io"])
    assert "They were asked by this command, for information: CRI-O asks none of them." in new.text
    assert "CRI-O refuses before it asks anyone: the name may mean several images." in new.text
    assert explain(NAME).asked == [], "nobody is asked without --probe"


@pytest.mark.usefixtures("story")
def test_another_node_would_have_it(explain: Explain) -> None:
    told = explain(NAME, "--probe", "--release", "1.33", "--platform", "linux/arm64", "--json")
    assert told.status == 0
    end, (instead,) = json.loads(told.text)["end"], json.loads(told.text)["instead"]
    assert end["succeeds"]
    assert instead["pinned"].startswith(f"docker.io/{NAME}@sha256:")
    assert set(told.asked) == {"docker.io"}


def test_a_login_is_shown_to_its_host_alone(explain: Explain, inside: tuple[World, Internet]) -> None:
    world, internet = inside
    quay_io = internet.host("quay.io")
    quay_io.offer(NAME, platforms=["linux/amd64"])
    login = quay_io.require_login(NAME)
    auth = b64encode(f"{login.user}:{login.password}".encode()).decode()
    own = world.folder / ".config" / "containers" / "auth.json"  # of root there
    own.parent.mkdir(parents=True)
    own.write_text(json.dumps({"auths": {f"quay.io/{NAME}": {"auth": auth}}}))
    told = explain(NAME, "--probe", "--release", "1.33")
    assert told.status == 0, told.text
    assert told.shown == {("quay.io", login.user)}
    assert {"docker.io", "quay.io"} == set(told.asked)
    assert "The pull succeeds" in told.text
    assert login.password not in told.text
    own.write_text("")
    assert explain(NAME, "--probe", "--release", "1.33").shown == set()


def test_an_error_is_one_sentence(explain: Explain) -> None:
    told = explain(NAME, "--probe", "--authfile", "/no/such.json")
    assert (told.status, told.asked) == (2, [])
    assert told.text == (
        "crio-conformance explain: the authentication file /no/such.json cannot be read: no such file or directory\n"
    )
