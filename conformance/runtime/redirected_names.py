"""How the names of a case are written on somebody's node, and what comes from there as the case would read it.

``docker.io/team/app`` is ``docker.io/conformance-5f3a/team/app`` on the node, whose registries.conf says for that
prefix where to ask. What cannot be written so is a reason to leave a case out: ``CapabilityError``.
"""

import re
from dataclasses import replace

from conformance.model.reference import DOMAIN, PATH, InvalidReferenceError, Reference, parse, parse_normalized
from conformance.model.registries import Mirror, Registry
from conformance.runtime.configuration import Configuration
from conformance.runtime.redirected_internet import RedirectedInternet
from conformance.runtime.runtime import CapabilityError

_ID = re.compile(r"(?:sha256:)?[0-9a-f]{12,64}")
"""What is an image's ID, or the beginning of one that is long enough to be no name."""
_WHOLE_ID = re.compile(r"[0-9a-f]{64}")
"""What CRI-O never takes for a short name, as it does an ID of another form that no image has."""

NOT_OURS = "the name is of none of the run's registry hosts, and the node would ask another"
CHANGED = "the name means more than it says, which a prefix before it changes"
_MAYBE_ID = re.compile(r"[0-9a-fA-F]+")
_ADDRESS = re.compile(r"(?P<before>https?://|container registry )?(?P<address>127\.\d+\.\d+\.\d+:\d+)")
"""An address of ours in a text, and what is before it where a server is meant, and not a registry host."""


class RedirectedNames:
    """The names of one configuration's cases below the prefix ``word``.

    ``search`` is the node's search list, and ``mode`` its short-name mode, as ``effective_mode`` gives them; a short
    name is asked for only where the case's configuration wants the same, whose mode is ``wanted_mode``.
    """

    def __init__(
        self,
        word: str,
        internet: RedirectedInternet,
        configuration: Configuration,
        *,
        search: tuple[str, ...],
        mode: str,
        wanted_mode: str,
    ) -> None:
        self.word = word
        self.internet = internet
        self.configuration = configuration
        self._aliases = dict(configuration.aliases)
        self._direct: set[str] = set()
        self._no_short_names = _why_no_short_names(configuration, search, mode, wanted_mode)
        refused = not search or (mode == "enforcing" and len(search) > 1)
        self._no_partial_ids = self._no_short_names if refused else ""
        self._search = search

    def reset(self) -> None:
        """Forget which images were asked for where they lie."""
        self._direct.clear()

    # To the node

    def outward(self, name: str, *, pulled: bool = False) -> str:
        """Give the name by which the node is to be asked; an ID stays what it is.

        What is to be ``pulled`` may not stay so, as a registry host that is not the run's might be asked for it.
        """
        if not name or (_ID.fullmatch(name) and not pulled):
            if name and self._no_partial_ids and not _WHOLE_ID.fullmatch(name):
                raise CapabilityError("configurable", self._no_partial_ids)
            return name
        reference = _parsed(name)
        if reference.is_short:
            return self._short(name, reference)
        host = parse_normalized(name).domain
        known = self.internet.addresses
        if host not in known:
            raise CapabilityError("hermetic", NOT_OURS)
        rest = name.partition("/")[2]
        if parse_normalized(name).path != reference.path:
            raise CapabilityError("hermetic", CHANGED)
        if self._repository(name) in self._direct:
            return f"{known[host]}/{self.word}/{rest}"
        return f"{name.partition('/')[0]}/{self.word}/{rest}"

    def _short(self, name: str, reference: Reference) -> str:
        """Give a short name below the prefix."""
        if _MAYBE_ID.fullmatch(name):
            raise CapabilityError("hermetic", "what may be an ID is a name with a prefix before it")
        if reference.name not in self._aliases:
            if self._no_short_names:
                raise CapabilityError("configurable", self._no_short_names)
            if "/" not in reference.name and "docker.io" in self._search:
                raise CapabilityError("hermetic", CHANGED)
        return f"{self.word}/{name}"

    def ask_directly(self, name: str) -> None:
        """Let an image be asked for by the address of its registry host, whose login else nobody is shown.

        The login of a request goes to no other host than the name's (containers/image docker/docker_image_src.go,
        ``newImageSourceAttempt``), and where a name is redirected that is another.
        """
        if self.configuration.registries or _ID.fullmatch(name) or _parsed(name).is_short:
            raise CapabilityError("hermetic", "a login is shown to no host to which a name is redirected")
        self.outward(name)
        self._direct.add(self._repository(name))

    @staticmethod
    def _repository(name: str) -> str:
        return parse_normalized(name).name

    def place(self, location: str) -> str:
        """Give the address below which what the location of an entry means is to be asked for."""
        host, slash, path = location.partition("/")
        address = self.internet.addresses.get(host)
        if address is None:
            raise CapabilityError("hermetic", NOT_OURS)
        return f"{address}{slash}{path}"

    def prefix(self, prefix: str) -> str:
        """Give the prefix of an entry as it is on the node."""
        host, slash, path = prefix.partition("/")
        if not DOMAIN.fullmatch(host) or (slash and not PATH.fullmatch(path)):
            raise CapabilityError("configurable", "no prefix of the run can be put into that of the case's entry")
        return f"{host}/{self.word}{slash}{path}"

    def entry(self, entry: Registry) -> Registry:
        """Give an entry of the case's configuration as it is on the node: everything in it is in plain HTTP there.

        A blocked one stays where it is, as its location is what nothing is asked of (containers/image
        docker/docker_client.go, ``newDockerClientFromRef``).
        """
        prefix = self.prefix(entry.prefix)
        if any(self._is_blocked(each) for each in (entry.location, *(mirror.location for mirror in entry.mirrors))):
            raise CapabilityError("configurable", "what is blocked elsewhere is asked for by another name here")
        return replace(
            entry,
            prefix=prefix,
            location=prefix if entry.blocked else self.place(entry.location or entry.prefix),
            insecure=True,
            mirrors=tuple(map(self._mirror, entry.mirrors)),
        )

    def _is_blocked(self, location: str) -> bool:
        """Tell whether a location of one entry is blocked by another, under whose own prefix it lies."""
        covering = [each for each in self.configuration.registries if each.matches(location) != -1]
        own = max(covering, key=lambda each: len(each.prefix), default=None)
        return own is not None and own.blocked and location not in {own.location, own.prefix}

    def _mirror(self, mirror: Mirror) -> Mirror:
        return replace(mirror, location=self.place(mirror.location), insecure=True)

    # From the node

    def inward(self, text: str) -> str:
        """Give a text of the node as the case would read it: its own names, and those of its hosts and servers."""
        return self.host_named(text).replace(f"{self.word}/", "")

    def host_named(self, text: str) -> str:
        """Give a text with names in the place of the addresses of registry hosts and their servers."""
        served = self.internet.served

        def name(found: re.Match[str]) -> str:
            known = served.get(found["address"])
            if known is None:
                return found[0]
            return f"{found['before'] or ''}{known.server if found['before'] else known.host}"

        return _ADDRESS.sub(name, text) if "127." in text else text

    def is_ours(self, name: str) -> bool:
        """Tell whether a name on the node is one of the run's."""
        return f"/{self.word}/" in name


def _parsed(name: str) -> Reference:
    """Read a name of a case; one that is none cannot be put below a prefix."""
    try:
        reference = parse(name)
    except InvalidReferenceError:
        raise CapabilityError("hermetic", "no prefix can be put before what is no name") from None
    if reference.domain != reference.domain.lower():  # which makes a host of it (distribution/reference)
        raise CapabilityError("hermetic", CHANGED)
    return reference


def _why_no_short_names(configuration: Configuration, search: tuple[str, ...], mode: str, wanted_mode: str) -> str:
    """Say why a short name means something else on the node than in the case, nothing where it means the same."""
    if strange := [each for each in search if not DOMAIN.fullmatch(each)]:
        return f"the node's search list has {strange[0]}, which is more than a registry host"
    if configuration.search_registries != search:
        listed = ", ".join(search) or "empty"
        wanted = ", ".join(configuration.search_registries) or "an empty one"
        return f"the node's search list is {listed}, and the case's {wanted}"
    if mode != wanted_mode and len(search) > 1:
        return f"the node's short-name mode is {mode}, and the case's {wanted_mode}"
    return ""
