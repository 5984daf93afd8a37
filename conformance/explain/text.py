"""An explanation as text, for somebody who never heard of containers/image."""

from collections.abc import Iterator

from conformance.explain.answer_text import answer_paragraphs, hints
from conformance.explain.explanation import (
    Candidate,
    CandidateState,
    ExplainedSource,
    Explanation,
    NameReading,
    Suggestion,
)
from conformance.explain.page import WIDTH, Paragraph, TextStyle, head, listed, render
from conformance.model.registries_conf import DEFAULT_MODE
from conformance.model.resolution import NameKind
from conformance.node_config.node_config import Provenance, ShortNameMode

ISSUE = "cri-o/cri-o#8780"
_UNUSED = {
    "mirror-by-digest-only": "it is for digests only (mirror-by-digest-only), and the name has none",
    "digest-only": "it is for digests only (pull-from-mirror), and the name has none",
    "tag-only": "it is for tags only (pull-from-mirror), and the name has a digest",
}


def as_text(explanation: Explanation, *, colour: bool = False) -> str:
    """Render an explanation for a terminal: headings and paragraphs, with escape sequences if in ``colour``."""
    steps = (_beginning, _name, _mode, _candidates, _end, _instead)
    return render((paragraph for step in steps for paragraph in step(explanation)), colour=colour)


def _beginning(explanation: Explanation) -> Iterator[Paragraph]:
    """Say what is explained, and from which files."""
    crio = explanation.crio
    yield head(f"{explanation.name or 'The empty name'}, pulled by CRI-O {crio.release} on {crio.platform}")
    match crio.origin:
        case Provenance.SOCKET:
            yield Paragraph(f"CRI-O {crio.release} answers on {crio.socket}.")
        case Provenance.DEFAULT:
            yield Paragraph(
                f"No release was named, and no CRI-O answers here: {crio.release} is the newest line known."
            )
        case _ if crio.release.count(".") == 1 and not crio.explained_as:
            yield Paragraph(f"{crio.release} stands for the last release of that line.")
    if crio.explained_as:
        yield Paragraph(
            f"What is new in CRI-O {crio.release} is not known here: it is explained as {crio.explained_as}."
        )
    files = listed(explanation.files)
    yield Paragraph(f"The registries are configured in {files}." if files else "There is no registries.conf.")
    for file in explanation.unreadable:
        yield Paragraph(
            f"CRI-O reads {file}, too; this user may not, so that what is in it is missing here.", look=TextStyle.BAD
        )


# The name


def _name(explanation: Explanation) -> Iterator[Paragraph]:
    reading = explanation.reading
    yield head("The name")
    if reading.how == NameKind.INVALID:
        yield Paragraph("It is no image name.", look=TextStyle.BAD)
        return
    yield Paragraph(_short_or_full(reading))
    if reading.digest and reading.tag:
        yield Paragraph(f"It has a tag and a digest: CRI-O drops the tag {reading.tag}, and the digest alone counts.")
    elif not reading.digest and not reading.tag:
        yield Paragraph("It has neither tag nor digest: CRI-O takes the tag latest.")
    yield from _lists(reading)
    if reading.full and (reading.alias or reading.full != explanation.name):
        yield Paragraph(f"So it means {reading.full}.")
    for candidate in explanation.candidates:
        if candidate.familiar != candidate.image and not explanation.end.refused:
            yield Paragraph(f"CRI-O's messages have {candidate.image} as docker://{candidate.familiar}.")


def _short_or_full(reading: NameReading) -> str:
    if not reading.short:
        return f"It is a full name: {reading.first} is a registry host."
    if not reading.first:
        return "It is a short name: there is no registry host in it."
    return f"It is a short name: {reading.first} is no registry host (that has a dot or a port in it, or is localhost)."


def _lists(reading: NameReading) -> Iterator[Paragraph]:
    """Say which list made a short name a full one."""
    if reading.alias:
        yield Paragraph(f"There is an alias for it in {reading.alias_file}: it stands for {reading.alias}.")
        yield Paragraph("So no search list is looked at.")
    elif reading.search:
        registries = listed(reading.search)
        yield Paragraph(f"There is no alias for it, so it is completed from the search list: {registries}.")
        yield Paragraph(f"That is unqualified-search-registries in {reading.search_file}.")
    elif reading.short:
        where = f" in {reading.search_file}" if reading.search_file else ""
        yield Paragraph(
            f"There is no alias for it, and no search list (unqualified-search-registries){where}.", look=TextStyle.BAD
        )


def _mode(explanation: Explanation) -> Iterator[Paragraph]:
    """Say which short-name mode counts, where it does."""
    mode, search, release = explanation.mode, explanation.reading.search, explanation.crio.release
    if not search:
        return
    yield head("The short-name mode")
    if not mode.known:
        yield Paragraph(f"CRI-O {release} has none: it tries every registry of the search list in turn.")
    else:
        what = "refuses a short name that several registries may have"
        if mode.effective != "enforcing":
            what = "tries every registry of the search list in turn"
        yield Paragraph(f"It is {mode.effective}{_whence(mode)}: CRI-O {what}.")
        if len(search) == 1:
            yield Paragraph("With one registry on the list, that makes no difference.")
    if mode.known and mode.origin is Provenance.DEFAULT and not mode.crio_conf:
        yield Paragraph(
            "No crio.conf was read. A CRI-O that is started without any goes by short-name-mode in registries.conf, "
            f"which is {mode.registries_conf} here."
        )
    elif mode.registries_conf != DEFAULT_MODE:
        yield Paragraph(f"The short-name-mode in registries.conf, {mode.registries_conf}, is not what CRI-O goes by.")


def _whence(mode: ShortNameMode) -> str:
    match mode.origin:
        case Provenance.OPTION:
            return ", as given"
        case Provenance.FILE:
            return f", says short_name_mode in {mode.file}"
    return ", which is the default"


# The registries


def _candidates(explanation: Explanation) -> Iterator[Paragraph]:
    """Say where the image is asked for, and what comes of it."""
    candidates = explanation.candidates
    if not candidates:
        return
    yield head(_title(explanation))
    if explanation.end.ambiguous and explanation.probed:
        yield Paragraph("They were asked by this command, for information: CRI-O asks none of them.")
    for number, candidate in enumerate(candidates, 1):
        lead = f"{number}. " if len(candidates) > 1 else ""
        indent = 2 + (len(lead) or 2)
        yield Paragraph(candidate.image, lead=lead, look=TextStyle.NAME)
        yield from _places(explanation, candidate, indent)
        if explanation.probed and candidate.state is CandidateState.NOT_REACHED:
            yield Paragraph("Not asked: the image is there by then.", indent, TextStyle.QUIET)
    if explanation.probed:
        yield from hints(explanation)


def _title(explanation: Explanation) -> str:
    if explanation.end.ambiguous:
        return "Where the image may be" if not explanation.probed else "Where the image is"
    if len(explanation.candidates) > 1:
        return "Where CRI-O asks for it, in this order"
    return "Where CRI-O asks for it"


def _places(explanation: Explanation, candidate: Candidate, indent: int) -> Iterator[Paragraph]:
    """Say which pull sources a candidate has, and what each answered."""
    if candidate.prefix:
        yield Paragraph(f"It falls under the [[registry]] {candidate.prefix} in {candidate.file}.", indent)
    if not candidate.places:
        yield Paragraph("The location that is given there makes no image name.", indent, TextStyle.BAD)
    plain = len(candidate.places) == 1 and candidate.places[0].image == candidate.image
    alone = sum(not each.unused for each in candidate.places) == 1
    below = indent if plain else indent + 2
    for place in candidate.places:
        if not plain:
            yield Paragraph(_place(candidate, place, alone=alone), indent, lead="- ")
        if place.insecure and not place.unused:
            why = ", since it is on this machine" if place.loopback else ""
            yield Paragraph(f"Any certificate will do there, and plain HTTP (insecure{why}).", below)
        if place.blocked:
            yield Paragraph(f"It is not asked: {place.blocked}.", below, TextStyle.BAD)
        yield from answer_paragraphs(explanation, candidate, place, below)


def _place(candidate: Candidate, place: ExplainedSource, *, alone: bool) -> str:
    if place.unused:
        return f"The mirror {place.image} is not asked: {_UNUSED[place.unused]}."
    if place.mirror:
        return f"A mirror of it: {place.image}"
    if place.image != candidate.image:
        return f"It is asked for under another name{'' if alone else ', last'}: {place.image}"
    return f"{candidate.host} itself{'' if alone else ', last'}: {place.image}"


# The end


def _end(explanation: Explanation) -> Iterator[Paragraph]:
    """Say how the pull ends, and what the user reads."""
    end, candidates = explanation.end, explanation.candidates
    yield head("The end")
    if end.succeeds:
        image = next(each.image for each in candidates if each.state is CandidateState.PULLED)
        yield Paragraph(f"The pull succeeds: CRI-O has {image} then.", look=TextStyle.GOOD)
        yield Paragraph("(The manifest was looked at. The layers were not fetched, and no signature was checked.)")
        return
    if end.succeeds is None:
        yield from _open_end(explanation)
        return
    if end.refused:
        why = ": the name may mean several images" if end.ambiguous else ""
        yield Paragraph(f"CRI-O refuses before it asks anyone{why}. You will be told:", look=TextStyle.BAD)
    else:
        asked = "" if explanation.probed else ", and nobody has to be asked to know it"
        yield Paragraph(f"The pull fails{asked}. You will be told:", look=TextStyle.BAD)
    yield Paragraph(end.error, 4)
    if end.refused and explanation.reading.how != NameKind.INVALID:
        yield Paragraph("A pod shows it as ImageInspectError, or as ErrImagePull if its imagePullPolicy is Always.")
    elif len(candidates) > 1:
        others = listed([each.host for each in candidates[:-1]], "or")
        yield Paragraph(f"It says nothing of {others}: CRI-O reports the last registry alone ({ISSUE}).")


def _open_end(explanation: Explanation) -> Iterator[Paragraph]:
    platform, last = explanation.crio.platform, explanation.candidates[-1]
    yield Paragraph("Nobody was asked whether the image is there; with --probe, the registries are.")
    if len(explanation.candidates) == 1:
        yield Paragraph(f"If it is there, it is pulled; an index has to have an image for {platform} in it, though.")
        return
    yield Paragraph("It is pulled from the first registry that has it.")
    yield Paragraph(f"An index without an image for {platform} does not count as having it.")
    yield Paragraph(f"If none has, you will be told of the last one alone, {last.host} ({ISSUE}).")


# What to write instead


def _instead(explanation: Explanation) -> Iterator[Paragraph]:
    names = [each for each in explanation.instead if {each.image, each.pinned or each.image} != {explanation.name}]
    if not names:
        return
    yield head("What to write instead")
    yield from _why(explanation, several=len(names) > 1)
    for name in names:
        yield from _written(explanation, name)
    if explanation.end.ambiguous:
        yield Paragraph('Or have one registry only on the search list, or short_name_mode = "disabled" in crio.conf.')


def _why(explanation: Explanation, *, several: bool) -> Iterator[Paragraph]:
    """Say why these names are proposed."""
    found = any(each.pinned for each in explanation.instead)
    if explanation.reading.how == NameKind.INVALID or not explanation.candidates:
        yield Paragraph("Perhaps this is meant:")
    elif not explanation.reading.short:
        return
    elif explanation.probed and not found:
        yield Paragraph(f"No registry here would give it to {explanation.crio.platform}.", look=TextStyle.BAD)
        yield Paragraph("With a full name, CRI-O tells why that very registry does not:")
    elif several:
        yield Paragraph("The full name of the one that is meant; no list matters then:")
    else:
        yield Paragraph("The full name; no list matters then:")


def _written(explanation: Explanation, instead: Suggestion) -> Iterator[Paragraph]:
    """Give a name to write, and its digest."""
    if instead.image != explanation.name:
        yield Paragraph(instead.image, 4, TextStyle.NAME)
    if not instead.pinned or instead.pinned == instead.image:
        return
    if len(instead.pinned) + 4 <= WIDTH:
        yield Paragraph("And to have these very bytes always, also when the tag moves:")
        yield Paragraph(instead.pinned, 4, TextStyle.NAME)
    else:
        yield Paragraph("And to have these very bytes always, also when the tag moves, this in the tag's place:")
        yield Paragraph(f"@{instead.digest}", 4, TextStyle.NAME)
