"""What an image runs on: operating system, architecture and variant, in Go's words as the image-spec wants them."""

import os
import re
from dataclasses import dataclass

# The kernel's name of a machine, and Go's for it (GOARCH, with the variant where the image-spec has one to give).
# Machines that are missing here, such as s390x, ppc64le and riscv64, are called the same by both.
_GO_NAMES = {
    "x86_64": ("amd64", ""),
    "aarch64": ("arm64", ""),
    "armv6l": ("arm", "v6"),
    "armv7l": ("arm", "v7"),
    "armv8l": ("arm", "v8"),
    "loongarch64": ("loong64", ""),
    "i386": ("386", ""),
    "i486": ("386", ""),
    "i586": ("386", ""),
    "i686": ("386", ""),
}
_WORD = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(frozen=True, order=True)
class Platform:
    """An operating system on an architecture, such as `linux/arm64/v8`.

    The words are those of `platform` in the OCI image-spec v1.1, Image Index: GOOS, GOARCH and, where there is one,
    the CPU variant. Nothing is normalised: `linux/arm64` and `linux/arm64/v8` are two values, as registries see them.
    """

    os: str
    architecture: str
    variant: str = ""

    @classmethod
    def parse(cls, text: str) -> "Platform":
        """Read `os/architecture` or `os/architecture/variant`.

        Raises ValueError for anything else.
        """
        words = text.split("/")
        if len(words) not in {2, 3} or not all(_WORD.fullmatch(word) for word in words):
            raise ValueError(f"a platform is written os/architecture or os/architecture/variant, not {text!r}")
        return cls(*words)

    @classmethod
    def host(cls) -> "Platform":
        """Linux on this machine's architecture; arm64 is given without its only variant, v8."""
        machine = os.uname().machine
        return cls("linux", *_GO_NAMES.get(machine, (machine, "")))

    def foreign(self) -> "Platform":
        """Give a platform of the same OS whose programs this one cannot run."""
        return Platform(self.os, "arm64" if self.architecture == "amd64" else "amd64")

    def as_json(self) -> dict[str, str]:
        """Give the members by which an index's `platform` and an image's config both say it, without empty ones."""
        members = {"os": self.os, "architecture": self.architecture, "variant": self.variant}
        return {name: value for name, value in members.items() if value}

    def __str__(self) -> str:
        return "/".join(filter(None, (self.os, self.architecture, self.variant)))
