"""What two cases say alike, although their images, registries and digests differ: texts with what differs left open."""

import itertools
import re
import string
from collections import Counter
from collections.abc import Iterable
from difflib import SequenceMatcher

from conformance.evidence.case_records import CaseRecord, ExchangeRecord

_REGISTRY = r"(?:[\w-]+(?:\.[\w-]+)+(?::\d+)?|localhost(?::\d+)?)"
_OPEN = tuple(
    (re.compile(pattern), word)
    for pattern, word in (
        (r'time="[^"]*"', "time=<time>"),
        (r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}", "<digest>"),
        (r"\b[0-9a-f]{12,64}\b", "<ID>"),
        (r"\b0x[0-9a-f]{6,16}\b", "<address>"),
        (r"\b127\.\d+\.\d+\.\d+(?::\d+)?", "<address>"),
        (r"/\S*/crio-conformance\S*", "<path>"),
        (r"(?<=docker://)[\w./:@<>-]*[\w>]", "<image>"),
        (rf"\b{_REGISTRY}/[\w./-]+(?::[\w.-]+)?(?:@<digest>)?", "<image>"),
        (r"(?<=<image>)(?::[\w.-]+)?@<digest>|(?<=<image>):[\w.-]*\w", ""),
        (rf"\b{_REGISTRY}(?=[:/ ]|$)", "<host>"),
        (r"\b(reading manifest) \S+", r"\1 <reference>"),
        (r"\b\d+(?:\.\d+)?(?:ms|µs|s|m)\b", "<time>"),
        (r"(?<!\d)\d{5,}(?!\d)|\b\d{2,}\b", "<number>"),
    )
)
"""In order: what is left open later no longer has in it what was left open before."""

_NAMED = "|".join(
    (
        r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}",
        r"\b[0-9a-f]{12,64}\b",
        r"\b127\.\d+\.\d+\.\d+(?::\d+)?",
        rf"(?<![:\w.-])(?=[\w.-]*[A-Za-z]){_REGISTRY}(?=[:/ ]|$)",  # a tag may look like one: 1.2
    )
)
"""Digests, IDs, addresses and hosts: what is another in each case, and may be the same twice in one."""

_STATUS = re.compile(r"(?<![\w.:/-])\d{2,4}(?![\w.:/-])")

LEAST_QUOTED = 3
"""Words in a row that stand elsewhere in a text before they are taken for a quotation."""


def open_wording(text: str, names: Iterable[str] = ()) -> str:
    """Give a text in which names, hosts, digests, addresses, times and numbers stand open; ``names`` are of images."""
    for name in sorted(filter(None, names), key=len, reverse=True):
        text = re.sub(rf"(?<![\w./-]){re.escape(name)}(?![\w./-])", "<image>", text)
    for pattern, word in _OPEN:
        text = pattern.sub(word, text)
    return " ".join(text.split())


def wording_key(text: str, names: Iterable[str] = ()) -> str:
    """Give what two texts have in common that say the same of other names: equal keys, equal but for the names.

    Names, hosts, digests and addresses stand open, but which of them are the same one counts: that A was asked in place
    of B is not that A was asked in place of A. Numbers of up to four digits that stand alone, such as statuses, count.
    """
    images = sorted({_untagged(name) for name in names if name}, key=len, reverse=True)
    named = [rf"(?<![\w./-]){re.escape(name)}(?![\w./-])" for name in images]
    found = re.findall("|".join([*named, _NAMED]), text)
    order = {name: number for number, name in enumerate(dict.fromkeys(found))}
    same = " ".join(str(order[name]) for name in found)
    return f"{open_wording(text, images)} [{same}] [{' '.join(_STATUS.findall(text))}]"


def _untagged(name: str) -> str:
    """Give the name of an image without tag and digest, as a registry is asked for it."""
    folder, slash, last = name.partition("@")[0].rpartition("/")
    return f"{folder}{slash}{last.partition(':')[0]}"


def edits(before: str, after: str) -> tuple[str, str]:
    """Give the words in which two texts differ, on either side; what repeats the rest of the text is left out."""
    old, new = before.split(), after.split()
    spans = [
        (low, high, new_low, new_high)
        for tag, low, high, new_low, new_high in SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        if tag != "equal"
    ]
    common = [*old[: spans[0][0]], *old[spans[-1][1] :]] if spans else old
    return (
        " … ".join(_without_quotations(old[low:high], common) for low, high, _, _ in spans),
        " … ".join(_without_quotations(new[low:high], common) for _, _, low, high in spans),
    )


def _without_quotations(words: list[str], text: list[str]) -> str:
    """Write words; a row of them that stands in the text as well becomes three dots."""
    told: list[str] = []
    while words:
        match = SequenceMatcher(None, words, text, autojunk=False).find_longest_match()
        if match.size < LEAST_QUOTED:
            return " ".join([*told, *words])
        told += [*words[: match.a], "…"]
        words = words[match.a + match.size :]
    return " ".join(told)


def asked_images(record: CaseRecord) -> set[str]:
    """Give the names of images that a case asks for."""
    return {call.subject for call in record.calls if call.subject and "image" in call.request}


def requests_of(exchanges: Iterable[ExchangeRecord]) -> str:
    """Count what each registry host was asked, hosts as letters in the order in which they were asked first.

    How often a name is looked up is left out: a resolver asks again as it likes.
    """
    hosts: dict[str, Counter[str]] = {}
    for each in exchanges:
        if each.method:
            hosts.setdefault(each.host, Counter())[f"{each.kind}-{each.status}"] += 1
    letters = itertools.cycle(string.ascii_uppercase)
    return "; ".join(
        f"{letter}: {' '.join(f'{what}×{count}' for what, count in sorted(asked.items()))}"
        for letter, asked in zip(letters, hosts.values(), strict=False)
    )
