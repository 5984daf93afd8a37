"""Registries without TLS, or with a certificate that nobody trusts."""

import pytest

from conformance import Configuration, Internet, Mirror, Pull, Reason, Registry, RegistryHost, Runtime, image, layer

NAME = "rhuss/caikit-flan-t5-small"
IMAGE = image([layer({"hello": "world"})])
STRICT = pytest.mark.releases(">=1.35", "before cri-o/cri-o#9511 every host in 127.0.0.0/8, as ours are, was insecure")
LENIENT = pytest.mark.releases("<1.35", "from cri-o/cri-o#9511 on no host is insecure of itself")
HOSTS = {
    "plain.example.com": Reason.UNREACHABLE,
    "plain.example.com:5000": Reason.PLAIN_HTTP,
    "untrusted.example.com": Reason.UNTRUSTED_CERTIFICATE,
    "untrusted.example.com:5000": Reason.UNTRUSTED_CERTIFICATE,
}
"""Hosts without TLS on port 80 and on one of their own, and hosts whose certificate nobody trusts."""


def insecure(name: str) -> str:
    """Give the host of the same kind that is configured as insecure."""
    return f"insecure-{name}"


@pytest.fixture
def configuration() -> Configuration:
    """CRI-O with a host of every kind that is marked as insecure, and a mirror of every kind, marked and not."""
    return Configuration(
        registries=(
            *(Registry(prefix=insecure(name), location=insecure(name), insecure=True) for name in HOSTS),
            Registry(prefix="insecure-secure.example.com", location="insecure-secure.example.com", insecure=True),
            Registry(
                prefix="quay.io/secure",
                location="quay.io/secure",
                mirrors=(Mirror("mirror-secure.example.com", insecure=True),),
            ),
            *(
                Registry(
                    prefix=f"quay.io/{kind}-{number}",
                    location=f"quay.io/{kind}-{number}",
                    mirrors=(Mirror(f"mirror-{name}", insecure=kind == "marked"),),
                )
                for number, name in enumerate(HOSTS)
                for kind in ("marked", "unmarked")
            ),
        )
    )


def serve(internet: Internet, name: str) -> RegistryHost:
    """Give a host of the kind that its name says."""
    return internet.untrusted(name) if "untrusted" in name else internet.plain_http(name)


@pytest.mark.parametrize("name", HOSTS)
class TestAsItIs:
    """A registry that cannot be trusted, of which the configuration says nothing."""

    @pytest.fixture
    def host(self, internet: Internet, name: str) -> RegistryHost:
        """The registry, which has the image."""
        host = serve(internet, name)
        host.store(NAME, IMAGE)
        return host

    @pytest.fixture
    def pull(self, runtime: Runtime, host: RegistryHost) -> Pull:
        """The full name is pulled."""
        return runtime.pull(f"{host}/{NAME}")

    @STRICT
    def test_the_image_is_not_pulled(self, pull: Pull, runtime: Runtime, name: str) -> None:
        """Without TLS, or with a certificate that nobody trusts, no image is pulled."""
        assert (pull.reasons, runtime.images()) == ({name: HOSTS[name]}, [])

    @STRICT
    def test_it_is_not_spoken_to(self, pull: Pull, name: str) -> None:
        """A registry that cannot be trusted is asked for nothing, for that reason."""
        assert (pull.asked, pull.reasons) == ([], {name: HOSTS[name]})

    @STRICT
    def test_the_error_says_what_is_wrong(self, pull: Pull, name: str) -> None:
        """The error says that there is no TLS, or no trust in the certificate."""
        assert pull.reasons == {name: HOSTS[name]}

    @LENIENT
    def test_a_host_on_the_loopback_is_insecure_of_itself(self, pull: Pull, name: str) -> None:
        """Before 1.35, any certificate and plain HTTP will do for a host in 127.0.0.0/8."""
        assert pull.image_hosts == (name,)


@pytest.mark.parametrize("name", HOSTS)
class TestMarkedAsInsecure:
    """A registry that cannot be trusted, and that the configuration marks as insecure."""

    @pytest.fixture
    def host(self, internet: Internet, name: str) -> RegistryHost:
        """The registry, with nothing to offer yet."""
        return serve(internet, insecure(name))

    def test_the_image_is_pulled(self, runtime: Runtime, host: RegistryHost) -> None:
        """From a registry that is marked as insecure, images are pulled without TLS and with any certificate."""
        host.store(NAME, IMAGE)
        assert runtime.pull(f"{host}/{NAME}").image_hosts == (host,)

    def test_the_reason_is_the_registrys_own(self, runtime: Runtime, host: RegistryHost) -> None:
        """What an insecure registry answers for an image that it lacks is what the user is told."""
        assert runtime.pull(f"{host}/{NAME}").reasons == {host: Reason.NOT_FOUND}

    def test_a_registry_that_is_down_is_unreachable(self, runtime: Runtime, internet: Internet, name: str) -> None:
        """The error of an insecure registry that refuses connections says so, with the CRI's code for it."""
        down = insecure(name)
        internet.refuse(down.partition(":")[0])
        pull = runtime.pull(f"{down}/{NAME}")
        assert pull.error is not None
        assert (pull.reasons, pull.error.cri_code) == ({down: Reason.UNREACHABLE}, "RegistryUnavailable")


def test_tls_is_still_tried_first(runtime: Runtime, internet: Internet) -> None:
    """A registry that is marked as insecure and has TLS is spoken to with TLS alone, although it has HTTP as well."""
    host = internet.host("insecure-secure.example.com")
    internet.add_plain_http(host)
    host.store(NAME, IMAGE)
    pull = runtime.pull(f"{host}/{NAME}")
    schemes = {exchange.scheme for attempt in pull.attempts for exchange in attempt.exchanges}
    assert (schemes, pull.image_hosts) == ({"https"}, (host,))


def test_tls_is_still_tried_first_on_a_mirror(runtime: Runtime, internet: Internet) -> None:
    """A mirror that is marked as insecure and has TLS is spoken to with TLS alone, although it has HTTP as well."""
    mirror = internet.host("mirror-secure.example.com")
    internet.add_plain_http(mirror)
    mirror.store("app", IMAGE)
    pull = runtime.pull("quay.io/secure/app")
    schemes = {exchange.scheme for attempt in pull.attempts for exchange in attempt.exchanges}
    assert (pull.asked, schemes, pull.image_hosts) == ([mirror], {"https"}, ("quay.io",))


@pytest.mark.parametrize("number", range(len(HOSTS)), ids=HOSTS)
class TestMirrors:
    """A mirror that cannot be trusted; the registry is quay.io."""

    @pytest.fixture
    def mirror(self, internet: Internet, number: int) -> RegistryHost:
        """The mirror, which has the image."""
        mirror = serve(internet, f"mirror-{list(HOSTS)[number]}")
        mirror.store("app", IMAGE)
        return mirror

    def test_a_mirror_that_is_marked_serves(self, runtime: Runtime, mirror: RegistryHost, number: int) -> None:
        """A mirror that is marked as insecure is asked without TLS, or with any certificate."""
        pull = runtime.pull(f"quay.io/marked-{number}/app")
        assert (pull.asked, pull.image_hosts) == ([mirror], ("quay.io",))

    @pytest.fixture
    def unmarked(self, runtime: Runtime, mirror: RegistryHost, quay_io: RegistryHost, number: int) -> Pull:
        """A name whose mirror is not marked is pulled; quay.io has another repository only."""
        assert mirror
        quay_io.offer(f"unmarked-{number}/another")
        return runtime.pull(f"quay.io/unmarked-{number}/app")

    @STRICT
    def test_a_mirror_that_is_not_marked_is_passed_over(self, unmarked: Pull, quay_io: RegistryHost) -> None:
        """A mirror that cannot be trusted is passed over for the registry itself."""
        assert unmarked.asked == [quay_io]

    @STRICT
    def test_the_error_says_what_is_wrong_with_it(self, unmarked: Pull, mirror: RegistryHost, number: int) -> None:
        """When the registry lacks the image, the error says of the mirror that it cannot be trusted."""
        reasons = {mirror: list(HOSTS.values())[number], "quay.io": Reason.UNAUTHORIZED}
        assert unmarked.reasons == reasons

    @LENIENT
    def test_a_mirror_of_a_host_on_the_loopback_is_insecure_as_well(self, unmarked: Pull, mirror: RegistryHost) -> None:
        """Before 1.35, any mirror will do without TLS or trust where the registry itself is in 127.0.0.0/8."""
        assert (unmarked.asked, unmarked.image_hosts) == ([mirror], ("quay.io",))


class TestSearchRegistries:
    """Search registries that cannot be trusted, before quay.io; all of them have the image."""

    @pytest.fixture
    def configuration(self) -> Configuration:
        """CRI-O with a host of every kind in the search list, quay.io last."""
        return Configuration(search_registries=(*HOSTS, "quay.io"))

    @pytest.fixture
    def pull(self, runtime: Runtime, internet: Internet, quay_io: RegistryHost) -> Pull:
        """The short name is pulled."""
        for name in HOSTS:
            if ":" not in name:
                serve(internet, name).store(NAME, IMAGE)
        quay_io.store(NAME, IMAGE)
        return runtime.pull(NAME)

    @STRICT
    def test_they_send_the_pull_to_the_next(self, pull: Pull, quay_io: RegistryHost) -> None:
        """A search registry that cannot be trusted sends the pull to the next one."""
        assert (pull.tried, pull.image_hosts) == ([*HOSTS, quay_io], (quay_io,))

    @LENIENT
    def test_the_first_one_serves_on_the_loopback(self, pull: Pull) -> None:
        """Before 1.35, the first search registry serves, as it is in 127.0.0.0/8."""
        assert pull.image_hosts == ("plain.example.com",)
