"""Secrets taken out of text before it is written or shown: passwords and tokens, in the forms that they take.

Texts of less than four characters are none: they cannot be told from other text.
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any
from urllib.parse import quote, quote_plus

from conformance.cri.redact import REDACTED

LEAST = 4

_ALWAYS = re.compile(
    r"""(?P<before>
        \b(?i:bearer|basic)\s+(?=[\w+/=.~-]{8})
      | \b(?i:https?)://[^\s/@"':]+:(?=[^\s/@"']+@)
      | (?:(?<=//)|(?<![\w./-]))[\w.-]+:(?=[^\s/@"':]+@[\w.-]+(?::\d+)?/)
      | [?&](?:password|refresh_token|access_token|token)=
      | \\?"(?i:auth|password|identitytoken|registrytoken|access_token|refresh_token)\\?"\s*:\s*\\?"(?=[^"\\])
    )[^\s"'&@\\]+ | conformance-token-[\w-]+""",
    re.VERBOSE,
)
"""What is a secret wherever it stands: credentials in a header or a URL, in an auth file, and tokens of our hosts."""

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{6,}={0,2}")
_IN_AUTH_FILE = {"auth", "password", "identitytoken", "registrytoken"}


class Secrets:
    """The secrets of a case, and how texts read without them."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = frozenset(each for each in texts if len(each) >= LEAST)

    def removed_from(self, text: str) -> str:
        """Give a text without them, plain, quoted for JSON, Go or a URL, or within what is encoded in base64."""
        if self._forms is not None:
            text = self._without_ends(_BASE64.sub(self._decoded, self._forms.sub(REDACTED, text)))
        return _ALWAYS.sub(lambda match: f"{match['before'] or ''}{REDACTED}", text)

    def removed_from_value(self, value: Any) -> Any:
        """Give a value as of JSON without them, in any of its texts."""
        if isinstance(value, str):
            return self.removed_from(value)
        if isinstance(value, dict):
            return {self.removed_from(key): self.removed_from_value(each) for key, each in value.items()}
        return [self.removed_from_value(each) for each in value] if isinstance(value, list | tuple) else value

    @cached_property
    def _forms(self) -> re.Pattern[str] | None:
        forms = {form for text in self.texts for form in _forms_of(text)}
        return re.compile("|".join(map(re.escape, sorted(forms, key=len, reverse=True)))) if forms else None

    def _without_ends(self, text: str) -> str:
        """Take out what is shown of a secret in whose middle pytest writes three dots."""
        pieces = text.split("...")
        for number in range(len(pieces) - 1):
            for secret in self.texts:
                for length in range(len(secret) - 1, LEAST - 1, -1):
                    if pieces[number].endswith(secret[:length]):
                        pieces[number] = pieces[number][:-length] + REDACTED
                    if pieces[number + 1].startswith(secret[-length:]):
                        pieces[number + 1] = REDACTED + pieces[number + 1][length:]
        return "...".join(pieces)

    def _decoded(self, match: re.Match[str]) -> str:
        """Look into what may be base64, twice if need be: a login in an auth file that is a pod's secret."""
        text = match[0]
        for _ in range(2):
            try:
                padded = text.rstrip("=").replace("-", "+").replace("_", "/")
                text = base64.b64decode(padded + "=" * (-len(padded) % 4), validate=True).decode()
            except ValueError:
                return match[0]
            if any(secret in text for secret in self.texts):
                return REDACTED
            inner = _BASE64.search(text)
            if inner is None:
                break
            text = inner[0]
        return match[0]


def _forms_of(text: str) -> Iterator[str]:
    yield text
    yield json.dumps(text)[1:-1]
    yield json.dumps(text, ensure_ascii=False)[1:-1]
    yield json.dumps(json.dumps(text)[1:-1])[1:-1]  # quoted in a message that is quoted in a log
    yield quote(text, safe="")
    yield quote(text)
    yield quote_plus(text)
    yield repr(text.encode())[2:-1]
    yield text.encode().hex()
    yield repr(text)[1:-1]


def secrets_in_auth_file(text: str) -> Iterator[str]:
    """Give the secrets in a file of containers-auth.json(5); one that is no JSON has none that anybody reads."""
    try:
        value = json.loads(text)
    except ValueError:
        return
    yield from _secrets_in(value)


def _secrets_in(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _secrets_in(each)
    if not isinstance(value, dict):
        return
    for key, each in value.items():
        if isinstance(each, str) and key.lower() in _IN_AUTH_FILE:
            yield each
            try:
                yield base64.b64decode(each).decode().partition(":")[2].rstrip("\0")
            except ValueError:
                continue
        yield from _secrets_in(each)
