"""What the programs make of containers/image's rules: the model's, each asking in its own order and with its own words.

Source: containers/skopeo 1.9.3 and 1.18.0 cmd/skopeo/copy.go; containers/podman 4.3.1 and 5.4.2
cmd/podman/images/pull.go and, as they vendor it, containers/common libimage/pull.go, libimage/normalize.go;
containers/image pkg/shortnames/shortnames.go.
"""

from conformance.model.go_text import go_quote
from conformance.model.pull_sources import PullError
from conformance.model.puller import Puller
from conformance.model.reference import ID_LENGTH, InvalidReferenceError, Reference, parse, parse_normalized
from conformance.model.resolution import NameKind, Resolution, resolve


class OraclePuller(Puller):
    """The rules of a pull, and what is said where registries.conf cannot be used."""

    def unreadable(self, name: str, error: str) -> str:
        """Say that a registries.conf is wrong: of CRI-O it is said when it starts, whatever the name."""
        del name
        return error


class SkopeoPuller(OraclePuller):
    """``skopeo copy docker://NAME``: a full name by Docker's convention, and one candidate."""

    def resolve(self, name: str) -> Resolution:
        """Read a name (containers/image docker/docker_transport.go, ``ParseReference``)."""
        try:
            reference = parse_normalized(name)
        except InvalidReferenceError as error:
            return Resolution(NameKind.INVALID, refusal=f"Invalid source name docker://{name}: {error}")
        if reference.tag and reference.digest:
            trouble = "Docker references with both a tag and digest are currently not supported"
            return Resolution(NameKind.INVALID, refusal=f"Invalid source name docker://{name}: {trouble}")
        return Resolution(NameKind.FULL, (reference.with_default_tag(),))

    def unreadable(self, name: str, error: str) -> str:
        """Say that a registries.conf is wrong, which is found out when its mirrors are looked for."""
        resolution = self.resolve(name)
        if resolution.refusal:
            return resolution.refusal
        familiar = resolution.candidates[0].familiar
        return f"initializing source docker://{familiar}: loading registries configuration: {error}"

    def error(self, errors: list[tuple[Reference, PullError]]) -> str:
        """Give the error as it is, without the CRI's codes."""
        return errors[-1][1].text


class PodmanPuller(OraclePuller):
    """``podman pull NAME``: every candidate's error is reported."""

    def resolve(self, name: str) -> Resolution:
        """Read a name, the tag beside a digest left out first.

        Source: containers/common libimage/normalize.go, ``normalizeTaggedDigestedString``. What is no name is reported
        as one without a transport (containers/image transports/alltransports/alltransports.go), and what may be an ID
        is not pulled.
        """
        if name.startswith("sha256:") or (len(name) == ID_LENGTH and not set(name) & set("/.:@")):
            refusal = f"pull policy is always but image has been referred to by ID ({name})"
            return Resolution(NameKind.INVALID, refusal=refusal)
        try:
            reference = parse(name)
        except InvalidReferenceError as error:
            return Resolution(NameKind.INVALID, refusal=self.no_reference(name, str(error)))
        name = str(reference.without_tag_beside_digest())
        try:
            parse_normalized(name)
        except InvalidReferenceError:
            transport, colon, _ = name.partition(":")
            why = f'unknown transport "{transport}"' if colon else "expected colon-separated transport:reference"
            return Resolution(NameKind.INVALID, refusal=f'Invalid image name "{name}", {why}')
        mode = self.registries.short_name_mode
        resolution = resolve(name, self.registries, "disabled")
        if mode == "enforcing" and len(resolution.candidates) > 1 and not resolution.refusal:
            refusal = "short-name resolution enforced but cannot prompt without a TTY"
            return resolution._replace(refusal=refusal)
        return resolution

    def no_reference(self, name: str, why: str) -> str:
        """Say that a name is none."""
        del name
        return why

    def unreadable(self, name: str, error: str) -> str:
        """Say that a registries.conf is wrong, which is found out when the name is read."""
        resolution = self.resolve(name)
        return resolution.refusal if resolution.kind is NameKind.INVALID else error

    def error(self, errors: list[tuple[Reference, PullError]]) -> str:
        """Give the errors of all candidates, one alone as it is (``FormatPullErrors``)."""
        texts = [trouble.text for _, trouble in errors]
        if len(texts) == 1:
            return texts[0]
        return "\n * ".join([f"{len(texts)} errors occurred while pulling:", *texts])


class Podman5Puller(PodmanPuller):
    """``podman pull NAME`` of Podman 5.4, with containers/common 0.62."""

    def no_reference(self, name: str, why: str) -> str:
        """Say which name is none (containers/common libimage/pull.go, ``Pull``)."""
        return f"parsing reference {go_quote(name)}: {why}"
