"""Short names as the node itself is configured: its own search list and short-name mode, and the order they imply.

On a node of ours, a world's for example, those are the usual ones.
"""

import pytest

from conformance import CallError, Configuration, Internet, Platform, Pull, Release, Runtime, image, layer

NAME = "rhuss/caikit-flan-t5-small"
IMAGE = image([layer({"hello": "world"})])
ELSEWHERE = str(Platform.host().foreign())
WRITTEN = {"plain": NAME, "tag": f"{NAME}:1.2", "digest": f"{NAME}@{IMAGE.digest}", "deep": f"{NAME}/and/more"}


@pytest.fixture
def configuration() -> Configuration:
    """CRI-O with the node's search list and mode."""
    return Configuration(short_names_of_node=True)


@pytest.fixture
def listed(runtime: Runtime) -> tuple[str, ...]:
    """The search list that counts."""
    return runtime.configuration.search_registries


@pytest.fixture
def is_refused(runtime: Runtime, release: Release, listed: tuple[str, ...]) -> bool:
    """Whether the mode that counts lets a short name be refused as ambiguous: enforcing, the default since 1.34."""
    enforces = not release.within("<1.34") and runtime.configuration.short_name_mode != "disabled"
    return enforces and len(listed) > 1


@pytest.fixture
def candidates(listed: tuple[str, ...], *, is_refused: bool) -> list[str]:
    """The registries that may be asked for a short name, in order."""
    return [] if is_refused else list(listed)


@pytest.fixture
def some(candidates: list[str]) -> list[str]:
    """The same, where there are any."""
    if not candidates:
        pytest.skip("the node asks no registry for a short name")
    return candidates


@pytest.fixture
def named(listed: tuple[str, ...]) -> tuple[str, ...]:
    """The search list, where there is one."""
    if not listed:
        pytest.skip("the node has no search registry")
    return listed


@pytest.fixture
def stored(runtime: Runtime, internet: Internet, named: tuple[str, ...]) -> Pull:
    """The image, pulled by its full name from the first search registry."""
    internet.host(named[0]).offer(NAME)
    return runtime.pull(f"{named[0]}/{NAME}")


def is_ambiguous(error: CallError | None) -> bool:
    """Tell whether a call was refused since its name may mean several images."""
    return error is not None and error.is_ambiguous_name


@pytest.mark.parametrize("written", WRITTEN)
def test_the_registries_of_its_list_are_asked_in_their_order(
    runtime: Runtime, candidates: list[str], written: str
) -> None:
    """A short name that no registry has is asked for on the node's own search registries, in the order of its list."""
    assert runtime.pull(WRITTEN[written]).asked == candidates


@pytest.mark.parametrize("hit", [0, -1], ids=["first", "last"])
def test_the_one_that_has_it_serves(runtime: Runtime, internet: Internet, some: list[str], hit: int) -> None:
    """A short name is served by the search registry that has it, be it the first or the last of the list."""
    internet.host(some[hit]).offer(NAME)
    assert runtime.pull(NAME).image_hosts == (some[hit],)


def test_none_is_asked_after_the_one_that_has_it(runtime: Runtime, internet: Internet, some: list[str]) -> None:
    """Where all search registries have an image, the first of the list is the only one that is asked."""
    for name in some:
        internet.host(name).offer(NAME)
    assert runtime.pull(NAME).asked == some[:1]


@pytest.mark.parametrize("lack", ["tag", "login", "platform"])
def test_what_one_lacks_is_asked_for_on_the_next(
    runtime: Runtime, internet: Internet, some: list[str], lack: str
) -> None:
    """After a registry without the tag, without the platform or with a login, the next of the list is asked."""
    for host in map(internet.host, some):
        if lack == "tag":
            host.offer(NAME, tags=["another"])
        elif lack == "login":
            host.require_login(NAME)
        else:
            host.offer(NAME, platforms=[ELSEWHERE])
    assert runtime.pull(NAME).asked == some


def test_it_is_found_by_its_short_name(runtime: Runtime, internet: Internet, some: list[str]) -> None:
    """What the last search registry of the list gave is found in the store by its short name."""
    internet.host(some[-1]).offer(NAME)
    pull = runtime.pull(NAME)
    assert runtime.status(NAME).image == pull.image is not None


def test_it_is_removed_by_its_short_name(runtime: Runtime, internet: Internet, some: list[str]) -> None:
    """What the last search registry of the list gave is removed by its short name."""
    internet.host(some[-1]).offer(NAME)
    pull = runtime.pull(NAME)
    runtime.remove(NAME)
    assert (pull.succeeded, runtime.images()) == (True, [])


def test_a_pull_is_ambiguous_where_the_mode_enforces_a_choice(
    runtime: Runtime, internet: Internet, named: tuple[str, ...], candidates: list[str], *, is_refused: bool
) -> None:
    """A short name that all search registries have is ambiguous where the node's mode says so, and only there."""
    for name in named:
        internet.host(name).offer(NAME)
    pull = runtime.pull(NAME)
    assert (is_ambiguous(pull.error), pull.image_hosts) == (is_refused, tuple(candidates[:1]))


def test_a_lookup_is_ambiguous_likewise(runtime: Runtime, stored: Pull, *, is_refused: bool) -> None:
    """ImageStatus of a short name is refused where the node's mode says so, and finds the image where it does not."""
    found = runtime.status(NAME)
    assert stored.image is not None
    assert (is_ambiguous(found.error), found.image) == (is_refused, None if is_refused else stored.image)


def test_a_removal_is_ambiguous_likewise(runtime: Runtime, stored: Pull, *, is_refused: bool) -> None:
    """RemoveImage of a short name is refused where the node's mode says so, and removes the image where it does not."""
    before, error = runtime.images(), None
    try:
        runtime.remove(NAME)
    except CallError as failure:
        error = failure
    assert before == [stored.image]
    assert (is_ambiguous(error), runtime.images()) == (is_refused, before if is_refused else [])


def test_a_full_name_is_of_one_registry_alone(runtime: Runtime, named: tuple[str, ...]) -> None:
    """A name with the host of a search registry in it is asked for there alone, whatever list and mode."""
    assert runtime.pull(f"{named[-1]}/{NAME}").asked == [named[-1]]
