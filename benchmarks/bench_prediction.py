"""How many pulls the model predicts in a second, on one core.

Every prediction is of a name that was never seen before, under a configuration that is loaded already, as when
generated scenarios are held against a runtime. The kinds of pull are those that the suite has, taken in turn and then
each by itself, as a ratio of that. Times are of this process's own, so that others on the machine do not count.
"""

import argparse
import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from conformance.model.answers import (
    Answer,
    ErrorResponse,
    FetchedBlob,
    IndexEntry,
    Manifest,
    RegistryRequest,
)
from conformance.model.media_types import OCI_INDEX
from conformance.model.platform import Platform
from conformance.model.prediction import predict
from conformance.model.profile import newest_of, profile
from conformance.model.pull_sources import ModelSettings
from conformance.model.puller import Puller
from conformance.model.registries import Mirror, Registries, Registry

BATCH = 1000
HERE = Platform("linux", "amd64")
LINES = ("1.31", "1.33", "1.36")
IMAGE = Manifest(
    "sha256:" + "1" * 64,
    "application/vnd.oci.image.manifest.v1+json",
    (),
    "sha256:" + "2" * 64,
    ("sha256:" + "3" * 64,),
)
FOREIGN = Manifest("sha256:" + "4" * 64, OCI_INDEX, (IndexEntry("sha256:" + "5" * 64, HERE.foreign()),))
UNAUTHORIZED = ErrorResponse(
    step="manifest",
    status=401,
    code="UNAUTHORIZED",
    message="access to the requested resource is not authorized",
    detail=True,
)
UNKNOWN = ErrorResponse(step="manifest", status=404, code="MANIFEST_UNKNOWN", message="manifest unknown")
SEARCH = ("docker.io", "quay.io")
MIRRORED = Registry(
    prefix="docker.io", location="docker.io", mirrors=(Mirror("mirror.example.com/hub"), Mirror("second.example.com"))
)


@dataclass(frozen=True)
class Kind:
    """A kind of pull: how the name begins, how CRI-O is configured, and what each host says of a manifest."""

    name: str
    answers: Mapping[str, Answer]
    search: tuple[str, ...] = SEARCH
    registries: tuple[Registry, ...] = ()
    mode: str = "disabled"

    def answer(self, ask: RegistryRequest) -> Answer:
        """Answer as the hosts do."""
        return FetchedBlob(ask.reference) if ask.blob else self.answers.get(ask.host, UNKNOWN)


KINDS = {
    "full name, served": Kind("quay.io/rhuss/app", {"quay.io": IMAGE}),
    "short name, served by the first": Kind("rhuss/app", {"docker.io": IMAGE}),
    "short name, served by the second": Kind("rhuss/app", {"quay.io": IMAGE}),
    "short name, foreign and unauthorized (#8780)": Kind("rhuss/app", {"docker.io": FOREIGN, "quay.io": UNAUTHORIZED}),
    "short name, refused as ambiguous": Kind("rhuss/app", {}, mode="enforcing"),
    "mirrors, served by the second": Kind("docker.io/rhuss/app", {"second.example.com": IMAGE}, registries=(MIRRORED,)),
    "mirrors, served by nobody": Kind("docker.io/rhuss/app", {}, registries=(MIRRORED,)),
    "no name": Kind("Rhuss/App:", {}),
}


def pullers(kind: Kind) -> list[Puller]:
    """Give the model of each release line, configured for a kind."""
    registries = Registries(
        registries=kind.registries, search=kind.search, search_file="/etc/containers/registries.conf"
    )
    return [
        Puller(
            ModelSettings(
                profile=profile(newest_of(line)), registries=registries, short_name_mode=kind.mode, platform=HERE
            )
        )
        for line in LINES
    ]


def predictions(kind: Kind) -> Iterator[Callable[[], object]]:
    """Give predictions of one kind, each of another name, on each release line in turn."""
    for number, puller in zip(itertools.count(), itertools.cycle(pullers(kind)), strict=False):
        name = f"{kind.name}-{number}" if kind.name[-1] != ":" else f"{kind.name}{number}:"
        yield lambda puller=puller, name=name: predict(puller, name, kind.answer)  # type: ignore[misc]


def rate(work: Iterator[Callable[[], object]], count: int) -> float:
    """Give how many are done in a second of this process's own time; making the names does not count."""
    seconds = 0.0
    for _ in range(0, count, BATCH):
        batch = list(itertools.islice(work, BATCH))
        begin = time.process_time()
        for each in batch:
            each()
        seconds += time.process_time() - begin
    return count / seconds


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000, help="predictions of each kind (default: %(default)s)")
    count = parser.parse_args().count
    everything = rate(
        (each for turn in zip(*map(predictions, KINDS.values()), strict=True) for each in turn), count * 2
    )
    print(f"{everything:>10,.0f} predictions a second: all kinds in turn")
    for name, kind in KINDS.items():
        one = rate(predictions(kind), count)
        print(f"{one:>10,.0f} ({one / everything:.2f}): {name}")


if __name__ == "__main__":
    main()
