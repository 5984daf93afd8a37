"""Hypothesis strategies for scenarios. What stands first in a choice is what a difference shrinks to.

Something is put wherever an entry of registries.conf might send a name, whichever entries count in the end: that is
what the model says, and it is not asked here.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from hypothesis import strategies as st

from conformance.model.reference import InvalidReferenceError, Reference, parse, parse_normalized
from conformance.model.registries import Registries
from conformance.oracle.generated_files import HOSTS, PATHS, Draw, RegistriesFile, files, pick, rarely, some
from conformance.registry_hosts.personality import WELL_KNOWN
from conformance.scenario.calls import PullCall
from conformance.scenario.contents import UNKNOWN_DIGEST, ContentKind
from conformance.scenario.scenario import CrioKeys, Reachability, Scenario, ScenarioHost, ScenarioRepository

SEARCHED = ("docker.io", "quay.io", "one.example.com", "two.example.com", "localhost:5000", "ghcr.io", "example.com")
TAGS = ("", ":v1", ":latest")
INVALID = (
    "Team/app",
    "one.example.com/App",
    "team/app:",
    "team//app",
    "one.example.com/team/app:v 1",
    "https://quay.io/team/app",
    "team/app@sha256:1234",
    "one.example.com/team/app@md5:" + "0" * 32,
    "-app",
    "a" * 64,
    "one.example.com:port/app",
    "One.example.com/team/app",
    "Docker.io/team/app",
    "one.example.com/" + "a" * 250,
)
DIGESTS = (*(f"{kind} 0" for kind in ContentKind), "image of index 0", "image of Docker list 0", "unknown")
USERS = ("reader", "other", "nobody")
FAILURES = (500, 502, 503, 403)
KINDS = (*ContentKind, *(ContentKind.IMAGE, ContentKind.DOCKER_IMAGE, ContentKind.INDEX, ContentKind.LIST) * 2)
PLENTY = (*("content",) * 6, "nothing", "other tag")
SCARCE = ("content", "content", "nothing", "other tag")
"""What is where a name is looked for: of a short name less, so that the next registry of the search list is asked."""

REACHED = tuple(Reachability)[1:]


@st.composite
def scenarios(draw: Draw) -> Scenario:
    """Draw a scenario with whatever any oracle can be given; ``Oracle.adapted`` leaves out what one cannot."""
    name, digest = _name(draw)
    more = some(draw, lambda: pick(draw, SEARCHED), 3)
    search = () if rarely(draw, 12) else tuple(dict.fromkeys((pick(draw, SEARCHED), *more)))
    near = _near(name, search)
    written = files(draw, name, search, tuple(each.name for each in near))
    asked = tuple(dict.fromkeys(_places(name, digest, near, written)))
    logins = _logins(draw, asked)
    login = pick(draw, ("", "", "", *USERS[:2]))
    users = tuple(filter(None, dict.fromkeys((*logins.values(), login))))
    return Scenario(
        files=tuple(each.as_file for each in written),
        hosts=_hosts(draw, asked, digest, users or USERS[:1], SCARCE if len(near) > 1 else PLENTY),
        logins=logins,
        crio=CrioKeys(short_name_mode=pick(draw, ("disabled", "disabled", "enforcing", ""))),
        calls=(PullCall(name=name, digest=digest, login=login),),
    )


# The name


def _name(draw: Draw) -> tuple[str, str]:
    """Draw a name and a digest that is added to it."""
    forms = ("full", "full", "full", "full", "short", "short", "short", "docker")
    if rarely(draw, 30):
        return pick(draw, INVALID), ""
    form = pick(draw, forms)
    path = pick(draw, PATHS)
    host = ""
    if form == "full":
        host = f"{pick(draw, HOSTS)}/"
    elif form == "docker":
        host = pick(draw, ("docker.io/", "index.docker.io/", "docker.io/library/"))
    digest = pick(draw, DIGESTS) if rarely(draw, 4) else ""
    tag = "" if digest and not rarely(draw, 4) else pick(draw, TAGS)
    return f"{host}{path}{tag}", digest


def _near(name: str, search: Sequence[str]) -> tuple[Reference, ...]:
    """Give what a name may mean in full."""
    try:
        reference = parse(name)
        if not reference.is_short:
            return (parse_normalized(name),)
        return tuple(dict.fromkeys((*(reference.on(host) for host in search), parse_normalized(name))))
    except InvalidReferenceError:
        return (parse_normalized("one.example.com/team/app"),)


def _places(
    name: str, digest: str, near: Sequence[Reference], written: Sequence[RegistriesFile]
) -> Iterator[Reference]:
    """Give the pull sources that any entry, or an alias, would give a name."""
    bare, _, tag = name.rpartition(":") if ":" in name.rpartition("/")[2] else (name, "", "")
    aliases = [value for file in written for short, value in file.aliases if short == bare and value]
    for full in (*near, *(parse_normalized(value)._replace(tag=tag) for value in aliases)):
        reference = full.with_default_tag()._replace(digest=UNKNOWN_DIGEST if digest else "")
        yield reference
        for entry in (entry for file in written for entry in file.registries):
            whole = replace(entry, prefix=entry.prefix or entry.location.rstrip("/"))
            with suppress(InvalidReferenceError):
                yield from (source.reference for source in Registries(registries=(whole,)).sources(reference))


# The hosts


def _logins(draw: Draw, asked: tuple[Reference, ...]) -> dict[str, str]:
    """Draw the entries of the auth file, for hosts and what lies below them."""
    keys = list(WELL_KNOWN)[:2]
    for each in asked:
        parts = each.name.split("/")
        keys += ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    keys = list(dict.fromkeys(keys))
    return dict(some(draw, lambda: (pick(draw, keys), pick(draw, USERS)), 2))


def _hosts(
    draw: Draw, asked: tuple[Reference, ...], digest: str, users: tuple[str, ...], there: tuple[str, ...]
) -> tuple[ScenarioHost, ...]:
    """Draw every host that would be asked, with what it holds; ``there`` is chosen from."""
    hosts = []
    for name in dict.fromkeys(each.domain.lower() for each in asked):
        here = {each.path: each for each in asked if each.domain.lower() == name}
        held = tuple(
            filter(None, (_repository(draw, each, digest, users, pick(draw, there)) for each in here.values()))
        )
        reached = pick(draw, REACHED) if name not in WELL_KNOWN and rarely(draw, 5) else Reachability.TLS
        fails = pick(draw, FAILURES) if rarely(draw, 15) else 0
        hosts.append(ScenarioHost(name=name, repositories=held, reached=reached, fails=fails))
    return tuple(hosts)


def _repository(
    draw: Draw, asked: Reference, digest: str, users: tuple[str, ...], there: str
) -> ScenarioRepository | None:
    """Draw what is where a name is looked for: nothing, nothing under this tag, or a content."""
    if there == "nothing":
        return None
    wanted = digest.rpartition(" of ")[2].rpartition(" ")[0]
    if wanted and not rarely(draw, 4):
        kind, version = ContentKind(wanted), 0
    else:
        kind, version = pick(draw, KINDS), pick(draw, (0, 1))
    tags = (asked.tag,) if asked.tag and there == "content" else ("other",)
    private_to = pick(draw, users) if rarely(draw, 5) else ""
    return ScenarioRepository(name=asked.path, content=kind, version=version, tags=tags, private_to=private_to)
