"""Releases of CRI-O, and of other programs that number theirs alike, as values that can be compared."""

from functools import cached_property

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version


class Release(Version):
    """A release, ordered as releases are (PEP 440).

    Raises ``ValueError`` for a text that is none.
    """

    def __init__(self, text: str) -> None:
        try:
            super().__init__(text)
        except InvalidVersion as error:
            msg = f"{text!r} is no CRI-O release: write it like 1.36.3"
            raise ValueError(msg) from error

    @property
    def line(self) -> str:
        """The release line, such as ``1.36``."""
        return f"{self.major}.{self.minor}"

    @cached_property
    def base(self) -> "Release":
        """The release that a pre-release or development build belongs to."""
        return Release(self.base_version)

    def within(self, range_: str) -> bool:
        """Tell whether the release lies in a range such as ``>=1.31,<1.34``; pre-releases count as their release."""
        return SpecifierSet(range_).contains(self.base_version)
