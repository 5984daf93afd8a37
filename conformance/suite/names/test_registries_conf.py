"""How registries.conf and its drop-ins add up."""

import pytest

from conformance import (
    Configuration,
    ImageStatusResult,
    Internet,
    Pull,
    Reason,
    Registry,
    RegistryHost,
    Runtime,
    image,
    layer,
)

NAME = "rhuss/caikit-flan-t5-small"
IMAGE = image([layer({"hello": "world"})])
DROP_INS = "/etc/containers/registries.conf.d"


def search(*registries: str) -> str:
    """Write a search list."""
    return f"unqualified-search-registries = {list(registries)}\n"


LISTS = {
    "a later drop-in": (("zz.conf", search("ghcr.io", "quay.io")),),
    "an earlier drop-in": (("00.conf", search("docker.io")), ("zz.conf", search("ghcr.io", "quay.io"))),
    "the last of several": (("a.conf", search("docker.io")), ("d.conf", search("ghcr.io", "quay.io"))),
    "by name, not by number": (("9.conf", search("docker.io")), ("d.conf", search("ghcr.io", "quay.io"))),
    "one that says nothing of it": (("d.conf", search("ghcr.io", "quay.io")), ("zz.conf", "[aliases]\n")),
    "one that does not end in .conf": (("d.conf", search("ghcr.io", "quay.io")), ("zz.toml", search("docker.io"))),
}


@pytest.mark.parametrize("drop_ins", LISTS.values(), ids=LISTS, scope="class")
class TestTheSearchList:
    """Search lists in several drop-ins, crio.conf with docker.io and quay.io among them."""

    @pytest.fixture
    def configuration(self, drop_ins: tuple[tuple[str, str], ...]) -> Configuration:
        """CRI-O with those drop-ins."""
        return Configuration(drop_ins=drop_ins)

    def test_the_last_one_counts(self, runtime: Runtime, ghcr_io: RegistryHost, quay_io: RegistryHost) -> None:
        """The search list is the one of the last drop-in, by name, that has one; lists are not joined."""
        assert runtime.pull(NAME).asked == [ghcr_io, quay_io]


UP_TO_1_5 = pytest.mark.releases(
    "<1.35.1", "BurntSushi/toml 1.6 reads TOML 1.1, and refuses a list that is there twice"
)
SINCE_1_6 = pytest.mark.releases(
    ">=1.35.1", "BurntSushi/toml up to 1.5 reads TOML 1.0, and takes the last of two lists"
)


class TestASearchListTwiceInOneFile:
    """A drop-in has two search lists."""

    @pytest.fixture
    def configuration(self) -> Configuration:
        """CRI-O with that drop-in."""
        return Configuration(drop_ins=(("zz.conf", search("docker.io") + search("ghcr.io", "quay.io")),))

    @UP_TO_1_5
    def test_the_last_one_counts(self, runtime: Runtime, ghcr_io: RegistryHost, quay_io: RegistryHost) -> None:
        """Of two search lists in one file the last one counts."""
        assert runtime.pull(NAME).asked == [ghcr_io, quay_io]

    @SINCE_1_6
    def test_the_file_is_refused(self, startup_error: str) -> None:
        """With two search lists in one file CRI-O does not start, and names the file."""
        assert f"{DROP_INS}/zz.conf" in startup_error


NEWER = """
registry = [{
    prefix = "moved.example.com",  # where it was
    location = "quay.io/\\x74eam",
}]
"""


class TestNewerTOML:
    """A drop-in has what TOML 1.1 brought: an inline table over several lines, a comma at its end, a short escape."""

    @pytest.fixture
    def configuration(self) -> Configuration:
        """CRI-O with that drop-in."""
        return Configuration(drop_ins=(("zz.conf", NEWER),))

    @SINCE_1_6
    def test_it_is_read(self, runtime: Runtime, quay_io: RegistryHost) -> None:
        """A file in TOML 1.1 is read."""
        quay_io.store("team/app", IMAGE)
        assert runtime.pull("moved.example.com/app").repositories == ["quay.io/team/app"]

    @UP_TO_1_5
    def test_the_file_is_refused(self, startup_error: str) -> None:
        """With a file in TOML 1.1 a CRI-O that reads TOML 1.0 does not start, and names the file."""
        assert f"{DROP_INS}/zz.conf" in startup_error


WITHOUT = {
    "nowhere": (Configuration(search_registries=()), ""),
    "not in registries.conf": (
        Configuration(search_registries=(), registries=(Registry(prefix="a.example.com", location="quay.io/a"),)),
        "/etc/containers/registries.conf",
    ),
    "empty": (
        Configuration(search_registries=(), drop_ins=(("10-none.conf", search()),)),
        f"{DROP_INS}/10-none.conf",
    ),
    "cleared": (Configuration(drop_ins=(("zz-none.conf", search()),)), f"{DROP_INS}/zz-none.conf"),
}


@pytest.mark.parametrize("without", WITHOUT, scope="class")
class TestNoSearchList:
    """No file has a search list, or the last one that has one has an empty one."""

    @pytest.fixture
    def configuration(self, without: str) -> Configuration:
        """CRI-O without search registries."""
        return WITHOUT[without][0]

    @pytest.fixture
    def pull(self, runtime: Runtime) -> Pull:
        """A short name is pulled."""
        return runtime.pull(NAME)

    @pytest.fixture
    def status(self, runtime: Runtime) -> ImageStatusResult:
        """A short name is looked up."""
        return runtime.status(NAME)

    def test_no_registry_is_asked(self, pull: Pull, without: str) -> None:
        """Without search registries, a short name is refused, for that, before any registry is asked."""
        assert pull.error is not None
        assert (pull.error.without_search_list, pull.asked) == (WITHOUT[without][1], [])

    @pytest.mark.upstream("cri-o/cri-o#3884")
    def test_the_error_names_what_is_missing_and_where(self, pull: Pull, without: str) -> None:
        """The error says that there are no search registries, and names the file that has the last word."""
        assert pull.error is not None
        assert pull.error.without_search_list == WITHOUT[without][1]

    def test_the_error_names_the_image(self, pull: Pull) -> None:
        """The error contains the name as it was written."""
        assert pull.error is not None
        assert pull.error.says(f'"{NAME}"')

    @pytest.mark.upstream("cri-o/cri-o#3884")
    def test_a_lookup_is_refused_as_well(self, status: ImageStatusResult, without: str) -> None:
        """ImageStatus of a short name is refused with the same words: a kubelet fails before it pulls."""
        assert status.error is not None
        assert status.error.without_search_list == WITHOUT[without][1]

    def test_a_full_name_is_pulled(self, runtime: Runtime, quay_io: RegistryHost) -> None:
        """Without search registries, a full name is pulled as ever."""
        quay_io.offer(NAME)
        assert runtime.pull(f"quay.io/{NAME}").image_hosts == (quay_io,)


MIDDLE = '[[registry]]\nprefix = "replaced.example.com"\nlocation = "quay.io/middle"\n'
LAST = """
[[registry]]
prefix = "replaced.example.com"
location = "ghcr.io/new"

[[registry]]
location = "opened.example.com"

[[registry]]
location = "barred.example.com"
blocked = true
"""


class TestEntries:
    """Entries for several prefixes in registries.conf and two drop-ins."""

    @pytest.fixture
    def configuration(self) -> Configuration:
        """CRI-O with entries that later files replace, and others that they leave alone."""
        return Configuration(
            registries=(
                Registry(prefix="kept.example.com", location="quay.io/kept"),
                Registry(prefix="replaced.example.com", location="quay.io/old"),
                Registry(prefix="opened.example.com", location="opened.example.com", blocked=True),
            ),
            drop_ins=(("50.conf", MIDDLE), ("60.conf", LAST)),
        )

    @pytest.mark.parametrize(
        ("name", "repository"),
        [
            ("kept.example.com/app", "quay.io/kept/app"),
            ("replaced.example.com/app", "ghcr.io/new/app"),
            ("opened.example.com/app", "opened.example.com/app"),
        ],
        ids=["kept", "replaced", "opened"],
    )
    def test_a_later_file_replaces_entries_of_the_same_prefix(
        self, runtime: Runtime, internet: Internet, name: str, repository: str
    ) -> None:
        """An entry of a later file replaces the one with the same prefix, whole; the others stay."""
        host, _, path = repository.partition("/")
        internet.host(host).store(path, IMAGE)
        assert runtime.pull(name).repositories == [repository]

    @pytest.fixture
    def barred(self, runtime: Runtime, internet: Internet) -> Pull:
        """A name that a drop-in blocks is pulled."""
        internet.host("barred.example.com").store("app", IMAGE)
        return runtime.pull("barred.example.com/app")

    def test_a_drop_in_may_block(self, barred: Pull) -> None:
        """A prefix that a drop-in blocks is blocked."""
        assert barred.reasons == {"barred.example.com": Reason.BLOCKED}

    @pytest.fixture
    def folder_is_named(self, barred: Pull) -> bool:
        """Whether the error names the folder of the drop-in that blocks."""
        assert barred.error is not None
        return barred.error.says(f" {DROP_INS}")

    def test_the_error_names_the_folder_that_blocks(self, folder_is_named: bool) -> None:
        """The error says where the entry that blocks can be found."""
        assert folder_is_named


class TestAPrefixOfSlashes:
    """registries.conf blocks a registry under a prefix that is a slash."""

    @pytest.fixture
    def configuration(self) -> Configuration:
        """CRI-O with that entry."""
        return Configuration(registries=(Registry(prefix="/", location="quay.io", blocked=True),))

    def test_it_matches_no_name(self, runtime: Runtime, quay_io: RegistryHost) -> None:
        """An entry whose prefix is nothing but a slash is about no name, that of its location included."""
        quay_io.store(NAME, IMAGE)
        assert runtime.pull(f"quay.io/{NAME}").image_hosts == (quay_io,)


@pytest.mark.parametrize("written", ["1", "'x'", "[]", "true"], ids=["number", "text", "list", "flag"])
class TestAliasesThatAreNoTable:
    """A drop-in has something else than a table for aliases."""

    @pytest.fixture
    def configuration(self, written: str) -> Configuration:
        """CRI-O with that drop-in."""
        return Configuration(drop_ins=(("a.conf", f"aliases = {written}\n"),))

    def test_they_are_passed_over(self, runtime: Runtime, docker_io: RegistryHost) -> None:
        """Aliases that are no table are passed over, and names are searched as ever."""
        docker_io.store(NAME, IMAGE)
        assert runtime.pull(NAME).image_hosts == (docker_io,)
