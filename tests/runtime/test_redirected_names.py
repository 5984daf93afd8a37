"""How the names of cases are written on somebody's node, and what is read from there."""

import socket
from collections.abc import Callable, Iterator

import pytest

from conformance.model.registries import Mirror, Registry
from conformance.runtime.configuration import Configuration
from conformance.runtime.redirected_internet import RedirectedInternet
from conformance.runtime.redirected_names import RedirectedNames
from conformance.runtime.runtime import CapabilityError

WORD = "conformance-5f3a"
ID = "5" * 64
Make = Callable[..., RedirectedNames]


def bind(address: str) -> socket.socket:
    handle = socket.socket()
    handle.bind((address, 0))
    return handle


@pytest.fixture
def internet() -> Iterator[RedirectedInternet]:
    with RedirectedInternet(bind) as found:
        yield found


@pytest.fixture
def make(internet: RedirectedInternet) -> Make:
    """Names on a node that has docker.io and quay.io in its search list, in that order, as most cases want it."""

    def make(
        configuration: Configuration | None = None,
        search: tuple[str, ...] = ("docker.io", "quay.io"),
        mode: str = "disabled",
    ) -> RedirectedNames:
        wanted = configuration or Configuration()
        return RedirectedNames(WORD, internet, wanted, search=search, mode=mode, wanted_mode="disabled")

    return make


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("docker.io/rhuss/app", f"docker.io/{WORD}/rhuss/app"),
        ("quay.io/app:1.2", f"quay.io/{WORD}/app:1.2"),
        (f"quay.io/app@sha256:{ID}", f"quay.io/{WORD}/app@sha256:{ID}"),
        ("index.docker.io/rhuss/app", f"index.docker.io/{WORD}/rhuss/app"),
        ("rhuss/app:1.2", f"{WORD}/rhuss/app:1.2"),
        (ID, ID),
        (f"sha256:{ID}", f"sha256:{ID}"),
        ("", ""),
    ],
)
def test_a_name_and_back(make: Make, name: str, theirs: str) -> None:
    names = make()
    assert names.outward(name) == theirs
    assert names.inward(theirs) == name


@pytest.mark.parametrize(
    ("name", "capability"),
    [
        ("docker.io/app", "hermetic"),
        ("app", "hermetic"),
        ("registry.nowhere.example/app", "hermetic"),
        ("rhuss/", "hermetic"),
        ("Rhuss/app", "hermetic"),
        ("cafe", "hermetic"),
    ],
)
def test_a_name_that_has_no_place_there(make: Make, name: str, capability: str) -> None:
    with pytest.raises(CapabilityError, match=f"^needs the capability {capability}: "):
        make().outward(name)


def test_what_may_be_an_id_is_never_pulled(make: Make) -> None:
    """Else docker.io itself would be asked for it."""
    with pytest.raises(CapabilityError, match="hermetic"):
        make().outward(ID, pulled=True)


def test_short_names_where_the_node_reads_them_as_the_case_does(make: Make) -> None:
    with pytest.raises(
        CapabilityError,
        match=r"configurable: the node's search list is docker\.io, and the case's docker\.io, quay\.io",
    ):
        make(search=("docker.io",)).outward("rhuss/app")
    with pytest.raises(CapabilityError, match=r"configurable: the node's short-name mode is enforcing, and the case's"):
        make(mode="enforcing").outward("rhuss/app")
    with pytest.raises(
        CapabilityError, match=r"the node's search list has quay\.io/team, which is more than a registry"
    ):
        make(search=("docker.io", "quay.io/team")).outward("rhuss/app")
    alone = Configuration(search_registries=("docker.io",))
    assert make(alone, search=("docker.io",), mode="enforcing").outward("rhuss/app") == f"{WORD}/rhuss/app"
    aliased = Configuration(aliases=(("app", "quay.io/team/app"),))
    assert make(aliased, search=()).outward("app") == f"{WORD}/app"


@pytest.mark.parametrize("written", [f"sha256:{ID}", ID[:12]])
def test_an_id_that_is_a_short_name_where_no_image_has_it(make: Make, written: str) -> None:
    """CRI-O refuses it there, in ImageStatus too, as it does any other short name."""
    with pytest.raises(CapabilityError, match=r"configurable: the node's short-name mode is enforcing, and the case's"):
        make(mode="enforcing").outward(written)
    with pytest.raises(CapabilityError, match=r"configurable: the node's search list is empty"):
        make(search=()).outward(written)
    assert make(mode="enforcing").outward(ID) == ID
    assert make(search=("docker.io",), mode="enforcing").outward(written) == written


def test_a_login_goes_to_the_address_of_its_host(make: Make, internet: RedirectedInternet) -> None:
    names = make()
    names.ask_directly("quay.io/team/app:1")
    address = internet.addresses["quay.io"]
    assert names.outward("quay.io/team/app") == f"{address}/{WORD}/team/app"
    assert names.inward(f"{address}/{WORD}/team/app:1") == "quay.io/team/app:1"
    names.reset()
    assert names.outward("quay.io/team/app") == f"quay.io/{WORD}/team/app"
    with pytest.raises(CapabilityError, match="a login is shown to no host to which a name is redirected"):
        names.ask_directly("rhuss/app")


def test_errors_are_read_by_host_and_server(make: Make, internet: RedirectedInternet) -> None:
    docker_io = internet.addresses["docker.io"]
    error = (
        f"initializing source docker://{WORD}/rhuss/app:latest: pinging container registry {docker_io}: Get"
        f' "http://{docker_io}/v2/": EOF; reading manifest latest in {docker_io}/rhuss/app: denied; 127.0.0.1:1: EOF'
    )
    assert make().inward(error) == (
        "initializing source docker://rhuss/app:latest: pinging container registry registry-1.docker.io: Get"
        ' "http://registry-1.docker.io/v2/": EOF; reading manifest latest in docker.io/rhuss/app: denied;'
        " 127.0.0.1:1: EOF"
    )


def test_an_entry_is_written_for_names_of_the_run_alone(make: Make, internet: RedirectedInternet) -> None:
    internet.host("mirror.example")
    internet.refuse("down.example")
    mirrors = (Mirror("mirror.example/hub"), Mirror("down.example", pull_from_mirror="tag-only"))
    entry = make().entry(Registry(prefix="docker.io/team", location="quay.io/team", mirrors=mirrors))
    at = internet.addresses
    assert (entry.prefix, entry.location, entry.insecure) == (
        f"docker.io/{WORD}/team",
        f"{at['quay.io']}/team",
        True,
    )
    assert [each.location for each in entry.mirrors] == [f"{at['mirror.example']}/hub", at["down.example"]]
    blocked = make().entry(Registry(prefix="quay.io", blocked=True))
    assert (blocked.prefix, blocked.location) == (f"quay.io/{WORD}",) * 2
    with pytest.raises(CapabilityError, match="configurable"):
        make().entry(Registry(prefix="*.example"))
    with pytest.raises(CapabilityError, match="hermetic"):
        make().entry(Registry(prefix="quay.io", location="elsewhere.example"))
