"""What explain says after asking the registries of the pretend internet."""

import asyncio
import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.explain import explain, prober
from conformance.explain.explanation import CandidateState
from conformance.explain.prober import Prober
from conformance.explain.pull_trace import PullTrace, trace_pull
from conformance.model.answers import Answer, HostAddress, Login, RegistryRequest
from conformance.model.reason import Reason
from conformance.node_config.errors import NodeConfigError
from conformance.node_config.reader import ExplainOptions, read_node_config
from conformance.registry_client.requests import RegistrySession
from conformance.registry_hosts import Exchange, Internet, NameLookup, RegistryHost, RequestKind, loopback
from conformance.registry_hosts.internet import authority
from tests.explain.test_explain import BOTH, MIRRORS, NAME, Said

NO_LIST = "unqualified-search-registries = []\n"


class Probe:
    """Explains a name after asking around."""

    def __init__(self, folder: Path, internet: Internet) -> None:
        self.folder = folder
        self.internet = internet
        self.exchanges: list[Exchange] = []
        self.lookups: list[str] = []
        self.local = False
        (folder / "d").mkdir()

    def __call__(
        self,
        name: str,
        conf: str = BOTH,
        *,
        release: str = "1.36",
        mode: str | None = None,
        auths: dict[str, dict[str, str]] | None = None,
        helpers: dict[str, str] | None = None,
    ) -> Said:
        (self.folder / "registries.conf").write_text(conf)
        (self.folder / "crio.conf").write_text("")
        (self.folder / "auth.json").write_text(json.dumps({"auths": auths or {}, "credHelpers": helpers or {}}))
        about = read_node_config(
            ExplainOptions(
                registries_conf=str(self.folder / "registries.conf"),
                registries_conf_dir=str(self.folder / "d"),
                crio_conf=(str(self.folder / "crio.conf"),),
                authfile=str(self.folder / "auth.json"),
                release=release,
                short_name_mode=mode,
                platform="linux/amd64",
            )
        )

        async def trace() -> PullTrace:
            client = Prober(resolve=self.internet.address, authority=authority().cert_pem.bytes())

            async def put(ask: RegistryRequest) -> Answer:
                return HostAddress(loopback=self.local) if ask.lookup else await client.ask(ask)

            try:
                return await trace_pull(about.settings, name, put)
            finally:
                await client.close()

        mark = self.internet.recorder.position()
        walked = asyncio.run(trace())
        records = self.internet.recorder.since(mark)
        self.exchanges = [each for each in records if isinstance(each, Exchange)]
        self.lookups = [each.host for each in records if isinstance(each, NameLookup)]
        return Said(explain(name, about, walked), self.folder)

    @property
    def manifests(self) -> list[str]:
        """Give the hosts that were asked for manifests."""
        return [each.host for each in self.exchanges if each.kind is RequestKind.MANIFEST]

    @property
    def shown(self) -> set[tuple[str, str]]:
        """Give the servers to which a login was shown, and whose."""
        return {(each.server, each.user) for each in self.exchanges if each.user}


def auth(login: Login) -> dict[str, str]:
    return {"auth": b64encode(f"{login.user}:{login.password}".encode()).decode()}


@pytest.fixture(scope="module")
def everywhere() -> Iterator[Internet]:
    with Internet(loopback) as internet:
        yield internet


@pytest.fixture
def internet(everywhere: Internet) -> Iterator[Internet]:
    yield everywhere
    everywhere.clear()


@pytest.fixture
def said(tmp_path: Path, internet: Internet) -> Probe:
    return Probe(tmp_path, internet)


@pytest.fixture
def docker_io(internet: Internet) -> RegistryHost:
    return internet.host("docker.io")


@pytest.fixture
def quay_io(internet: Internet) -> RegistryHost:
    return internet.host("quay.io")


# The story of cri-o/cri-o#8780


@pytest.fixture
def story(docker_io: RegistryHost, quay_io: RegistryHost) -> None:
    docker_io.offer(NAME, platforms=["linux/arm64"])
    quay_io.require_login(NAME)


WALKED = """\
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
    authorized; artifact err: get manifest: build image source: reading manifest latest in
    quay.io/rhuss/caikit-flan-t5-small: unauthorized: access to the requested resource is not
    authorized
  It says nothing of docker.io: CRI-O reports the last registry alone (cri-o/cri-o#8780).

What to write instead
  No registry here would give it to linux/amd64.
  With a full name, CRI-O tells why that very registry does not:
    docker.io/rhuss/caikit-flan-t5-small:latest
    quay.io/rhuss/caikit-flan-t5-small:latest
"""

LOOKED = """\
Where the image is
  They were asked by this command, for information: CRI-O asks none of them.
  1. docker.io/rhuss/caikit-flan-t5-small:latest
     docker.io has it, for linux/arm64 only, and this node is linux/amd64.
  2. quay.io/rhuss/caikit-flan-t5-small:latest
     quay.io answers unauthorized (HTTP 401).
  On docker.io, an image for linux/amd64 is missing: whoever owns the repository can add one.
  From quay.io, that may mean a private image, or none at all: it says the same of both.

The end
  CRI-O refuses before it asks anyone: the name may mean several images. You will be told:
    short name mode is enforcing, but image name rhuss/caikit-flan-t5-small returns ambiguous list
  A pod shows it as ImageInspectError, or as ErrImagePull if its imagePullPolicy is Always.

What to write instead
  No registry here would give it to linux/amd64.
  With a full name, CRI-O tells why that very registry does not:
    docker.io/rhuss/caikit-flan-t5-small:latest
    quay.io/rhuss/caikit-flan-t5-small:latest
  Or have one registry only on the search list, or short_name_mode = "disabled" in crio.conf.
"""


@pytest.mark.usefixtures("story")
def test_the_whole_story_on_1_33(said: Probe) -> None:
    told = said(NAME, release="1.33")
    assert told.text.endswith("\n\n" + WALKED)
    assert told.explanation.exit_code == 1
    assert said.manifests == ["docker.io", "quay.io"], "each is asked once"


@pytest.mark.usefixtures("story")
def test_the_whole_story_on_1_36(said: Probe) -> None:
    told = said(NAME)
    assert told.text.endswith("\n\n" + LOOKED)
    assert told.explanation.exit_code == 1
    assert said.manifests == ["docker.io", "quay.io"]
    assert [each.reason for each in told.explanation.candidates] == [Reason.NO_MATCHING_PLATFORM, Reason.UNAUTHORIZED]


@pytest.mark.usefixtures("story")
def test_the_whole_story_on_1_36_with_the_mode_disabled(said: Probe) -> None:
    told = said(NAME, mode="disabled")
    artifact = "image reference: get manifest from ref: create image source"
    assert " ".join(told.text.split()).endswith(
        " ".join(WALKED.replace("get manifest: build image source", artifact).split())
    )


def test_the_candidate_that_has_it_is_the_one_to_write(
    said: Probe, docker_io: RegistryHost, quay_io: RegistryHost
) -> None:
    docker_io.offer("team/app", platforms=["linux/arm64"])
    offered = quay_io.offer("team/app", platforms=["linux/amd64", "linux/arm64"])
    told = said("team/app")
    (instead,) = told.explanation.instead
    assert (instead.image, instead.pinned) == ("quay.io/team/app:latest", f"quay.io/team/app@{offered.digest}")
    assert told.says("The full name; no list matters then: quay.io/team/app:latest And to have these very bytes always")
    assert told.explanation.exit_code == 1, "CRI-O refuses all the same"


def test_a_digest_too_long_for_a_line_stands_alone(said: Probe, docker_io: RegistryHost) -> None:
    offered = docker_io.offer(NAME, platforms=["linux/amd64"])
    told = said(NAME, mode="disabled")
    assert told.text.endswith(f"also when the tag moves, this in the tag's place:\n    @{offered.digest}\n")
    assert max(map(len, told.text.splitlines())) <= 100
    assert told.explanation.instead[0].pinned == f"docker.io/{NAME}@{offered.digest}"


def test_the_walk_stops_where_the_image_is(said: Probe, docker_io: RegistryHost, quay_io: RegistryHost) -> None:
    docker_io.offer("team/app", platforms=["linux/amd64", "linux/s390x"])
    quay_io.offer("team/app")
    told = said("team/app", release="1.31")
    assert said.manifests == ["docker.io", "docker.io"], "the index, and the image for this node"
    assert [each.state for each in told.explanation.candidates] == [CandidateState.PULLED, CandidateState.NOT_REACHED]
    assert told.says("docker.io has it, for linux/amd64 and linux/s390x: CRI-O pulls it from there.")
    assert told.says("Not asked: the image is there by then.")
    assert told.says("The pull succeeds: CRI-O has docker.io/team/app:latest then.")
    assert told.explanation.exit_code == 0


def test_the_platform_of_a_plain_image_is_not_looked_at(said: Probe, quay_io: RegistryHost) -> None:
    quay_io.offer("team/app", platform="linux/arm64")
    told = said("quay.io/team/app")
    assert told.says("as an image for one platform, which CRI-O does not hold against this node's: CRI-O pulls it")
    assert told.explanation.exit_code == 0
    assert {each.kind for each in said.exchanges} == {RequestKind.PING, RequestKind.TOKEN, RequestKind.MANIFEST}, (
        "no blob is fetched"
    )


def test_a_digest_needs_no_other_one(said: Probe, quay_io: RegistryHost) -> None:
    digest = quay_io.offer("team/app").digest
    told = said(f"quay.io/team/app:latest@{digest}")
    assert told.explanation.exit_code == 0
    assert told.explanation.instead[0].image == told.explanation.instead[0].pinned == f"quay.io/team/app@{digest}"
    assert "very bytes" not in told.text
    assert "instead" not in said(f"quay.io/team/app@{digest}").text


# What else registries answer


@pytest.mark.parametrize(
    ("host", "sentence"),
    [
        ("quay.io", "quay.io answers unauthorized (HTTP 401), and that is what you will be told."),
        ("docker.io", "docker.io answers denied (HTTP 401), and"),
        ("ghcr.io", "ghcr.io answers denied (HTTP 403), and"),
        ("registry.k8s.io", "registry.k8s.io does not have such a repository (HTTP 404), and"),
        ("nowhere.example", "nowhere.example is a host name that nobody knows here, and"),
    ],
)
def test_what_is_missing(said: Probe, host: str, sentence: str) -> None:
    told = said(f"{host}/no/such", NO_LIST)
    assert told.says(sentence)
    assert told.explanation.exit_code == 1


def test_a_tag_that_is_missing(said: Probe, quay_io: RegistryHost) -> None:
    quay_io.offer("team/app")
    assert said("quay.io/team/app:no").says("quay.io does not have it (HTTP 404), and")


def test_nobody_listens(said: Probe, internet: Internet) -> None:
    told = said(f"{internet.refuse('closed.example')}/a/b")
    assert told.says("closed.example cannot be reached, and that is what you will be told. In CRI-O's words: pinging")
    assert told.says("connection refused")
    assert told.explanation.end.error.startswith("RegistryUnavailable: ")


def test_a_certificate_that_nobody_trusts(said: Probe, internet: Internet) -> None:
    internet.untrusted("self.example").offer("a/b")
    told = said("self.example/a/b")
    assert told.says("self.example shows a certificate that is not trusted here, and")
    assert told.says("What /etc/containers/certs.d has for self.example counts for CRI-O, and was not used here.")
    conf = '[[registry]]\nlocation = "self.example"\ninsecure = true\n'
    assert said("self.example/a/b", conf).explanation.exit_code == 0


def test_plain_http_is_only_taken_of_an_insecure_registry(said: Probe, internet: Internet) -> None:
    internet.plain_http("plain.example:5000").offer("a/b")
    told = said("plain.example:5000/a/b")
    assert told.says("plain.example:5000 speaks plain HTTP, which CRI-O takes of an insecure registry only, and")
    assert told.explanation.exit_code == 1
    conf = '[[registry]]\nlocation = "plain.example:5000"\ninsecure = true\n'
    assert said("plain.example:5000/a/b", conf).explanation.exit_code == 0


def test_too_many_requests_are_not_repeated(said: Probe, docker_io: RegistryHost) -> None:
    docker_io.fail(429)
    told = said("docker.io/a/b")
    assert told.says("docker.io says that there were too many requests (HTTP 429), and")
    assert said.manifests == ["docker.io"]


def test_an_error_of_the_registry(said: Probe, quay_io: RegistryHost) -> None:
    quay_io.fail(503)
    assert said("quay.io/a/b").says("quay.io does not answer as a registry does (HTTP 503), and")


def test_an_index_whose_image_is_lost(said: Probe, quay_io: RegistryHost) -> None:
    index = quay_io.offer("team/app", platforms=["linux/amd64"])
    quay_io.lose(next(each.digest for each in index.manifests() if each.digest != index.digest))
    told = said("quay.io/team/app")
    assert told.says("quay.io has it, but CRI-O cannot use it, and that is what you will be told. In CRI-O's words: ")


def test_a_registry_that_does_not_answer(said: Probe, monkeypatch: pytest.MonkeyPatch, quay_io: RegistryHost) -> None:
    quay_io.offer("team/app")
    monkeypatch.setattr(prober, "SECONDS", 0.0)
    assert said("quay.io/team/app").says("no answer within 0 s")


def test_this_machine_needs_no_certificate_up_to_1_34(said: Probe, internet: Internet) -> None:
    internet.untrusted("self.example").offer("a/b")
    said.local = True
    told = said("self.example/a/b", release="1.34")
    assert told.says("Any certificate will do there, and plain HTTP (insecure, since it is on this machine).")
    assert told.explanation.exit_code == 0
    assert said("self.example/a/b", release="1.35").explanation.exit_code == 1


# Mirrors


def test_mirrors_are_asked_until_one_has_it(said: Probe, internet: Internet, quay_io: RegistryHost) -> None:
    internet.host("tags.example").offer("quay/team/app", platforms=["linux/amd64"])
    quay_io.offer("team/app")
    told = said("quay.io/team/app:latest", MIRRORS)
    assert said.manifests == ["tags.example"] * 2
    assert said.lookups[:1] == ["mirror.example"]
    assert told.says("mirror.example is a host name that nobody knows here: CRI-O tries the next place.")
    assert told.says("tags.example has it, for linux/amd64: CRI-O pulls it from there.")
    assert told.explanation.candidates[0].places[-1].found is None


def test_a_mirror_without_this_platform_is_the_end_of_it(
    said: Probe, internet: Internet, quay_io: RegistryHost
) -> None:
    internet.host("tags.example").offer("quay/team/app", platforms=["linux/arm64"])
    quay_io.offer("team/app")
    told = said("quay.io/team/app:latest", MIRRORS)
    assert told.says("tags.example has it, for linux/arm64 only, and this node is linux/amd64, and that is what you")
    assert "quay.io" not in said.manifests


def test_all_places_are_told_when_none_has_it(said: Probe, internet: Internet) -> None:
    internet.host("tags.example")
    told = said("quay.io/team/app:latest", MIRRORS)
    assert said.manifests == ["tags.example", "quay.io"]
    assert told.says("tags.example does not have it (HTTP 404): CRI-O tries the next place.")
    assert told.says("quay.io answers unauthorized (HTTP 401), and that is what you will be told.")
    assert told.says("(Mirrors also failed: [mirror.example/quay/team/app:latest: ")


def test_what_is_blocked_is_not_asked(said: Probe, docker_io: RegistryHost, quay_io: RegistryHost) -> None:
    docker_io.offer("team/app")
    quay_io.offer("team/app")
    told = said("team/app", BOTH + '[[registry]]\nlocation = "docker.io"\nblocked = true\n', mode="disabled")
    assert said.manifests == ["quay.io"]
    assert told.says("It is not asked: registry docker.io is blocked in")
    assert told.explanation.exit_code == 0


# Logins


def test_a_login_is_shown_to_its_host_alone(said: Probe, quay_io: RegistryHost) -> None:
    quay_io.offer("team/app")
    login = quay_io.require_login("team/app")
    told = said("team/app", mode="disabled", auths={"quay.io": auth(login)})
    assert set(said.manifests) == {"docker.io", "quay.io"}
    assert said.shown == {("quay.io", "robot")}
    assert told.explanation.exit_code == 0
    assert told.explanation.candidates[1].places[0].found is not None
    assert told.explanation.candidates[1].places[0].found.user == "robot"
    assert login.password not in told.text + told.explanation.as_json() + repr(told.explanation)


def test_a_mirror_is_not_shown_its_registrys_login(said: Probe, internet: Internet, quay_io: RegistryHost) -> None:
    internet.host("tags.example")
    quay_io.offer("team/app")
    login = quay_io.require_login("team/app")
    assert said("quay.io/team/app", MIRRORS, auths={"quay.io": auth(login)}).explanation.exit_code == 0
    assert said.shown == {("quay.io", "robot")}


def test_a_wrong_login_is_told(said: Probe, quay_io: RegistryHost) -> None:
    quay_io.require_login("team/app")
    told = said("quay.io/team/app", auths={"quay.io": auth(Login("robot", "wrong"))})
    assert told.says("quay.io refuses the login of robot (HTTP 401), and")
    assert "private image" not in told.text


def test_a_login_that_opens_something_else_is_told(said: Probe, quay_io: RegistryHost) -> None:
    login = quay_io.require_login("team/other")
    quay_io.origin.repository("team/app").logins["owner"] = "secret"
    told = said("quay.io/team/app", auths={"quay.io": auth(login)})
    assert told.says("quay.io answers unauthorized to robot (HTTP 401), and")
    assert "private image" not in told.text


def test_a_credential_helper_is_not_run_and_told(said: Probe, quay_io: RegistryHost) -> None:
    quay_io.require_login("team/app")
    told = said("quay.io/team/app", helpers={"quay.io": "secretservice"})
    assert told.says("CRI-O has the credential helper secretservice for it, which is not used here")
    assert said.shown == set()


def test_an_entry_that_cannot_be_read_ends_it(said: Probe) -> None:
    with pytest.raises(NodeConfigError, match="illegal base64 data"):
        said("quay.io/team/app", auths={"quay.io": {"auth": "%"}})


def test_errors_name_the_name_server(tmp_path: Path) -> None:
    file = tmp_path / "resolv.conf"
    assert prober.name_server(file) == ""
    for line, named in (("nameserver 10.0.0.1", "10.0.0.1:53"), ("nameserver fd00::1", "[fd00::1]:53"), ("x y", "")):
        file.write_text(f"search example.com\n{line}\nnameserver 10.0.0.2\n" if named else line)
        assert prober.name_server(file) == named


@pytest.mark.parametrize(
    ("base", "realm", "may"),
    [
        ("https://quay.io", "https://auth.example/token", True),
        ("https://quay.io", "http://auth.example/token", False),
        ("http://plain.example.com", "http://auth.example/token", True),
    ],
)
def test_no_registry_behind_tls_has_a_login_sent_in_the_clear(base: str, realm: str, may: bool) -> None:
    conversation = RegistrySession(base, (), "repository:a:pull", Login("robot", "x"), insecure=False)
    assert Prober().may_send_login(conversation, realm) is may
