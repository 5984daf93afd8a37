"""Ways in which a pull of ``docker.io/rhuss/app`` fails, and what live releases, 1.31.13 to 1.36.3, then say."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from conformance.model.answers import Answer, ErrorResponse, FetchedBlob, NoResponse
from conformance.model.media_types import DOCKER_LIST
from conformance.model.reason import Reason
from tests.model.known_answers import (
    CONFIG,
    FOREIGN,
    IMAGE,
    IMAGE_DIGEST,
    INDEX,
    LAYER,
    NO_BLOB,
    NO_TAG,
    OF_DOCKER,
    refuses_connections,
    unknown,
)

OLD, NEW = "get manifest: build image source: ", "image reference: get manifest from ref: create image source: "
IS_IMAGE_OLD = "provided artifact is a container image"
IS_IMAGE_NEW = "image reference: reference is a container image, not an OCI artifact"
BOTH = "unable to pull image or OCI artifact: pull image err: "
FIVES = "sha256:" + "5" * 64
OTHER_CONFIG = "sha256:2b684b4276436e1b0f2c6161fc9cb0327d4beff087b941f1cfe4dec60b681507"
OTHER_LAYER = "sha256:fa5a5ea19ea967f8d757ddf76c0a42c493c261c86d15f147cd2421a69f19a789"
NAME = "docker.io/rhuss/app"
BY_DIGEST = f"{NAME}@{IMAGE_DIGEST}"


class Case(NamedTuple):
    """What docker.io answers, and what is then said of ``name``.

    ``image`` is the error of the pull as an image, ``old`` (1.33, 1.34) and ``new`` (1.35.2 and later) that of the one
    as an artifact, empty where none is made; ``counts`` how many manifests 1.31.13, 1.33.13 and 1.36.3 ask for.
    ``copied`` is what 1.35.0 and 1.35.1 say of the copy for the artifact store, where it is something else.
    """

    answers: Mapping[str, Answer]
    reason: Reason
    image: str
    old: str
    new: str
    counts: tuple[int, int, int]
    name: str = NAME
    copied: str = ""

    def told(self, release: str) -> str:
        """Give the whole error of a release."""
        match release:
            case "1.31.13" | "1.32.13":
                text = self.image
            case "1.33.2":
                possible = f"unable to try pulling possible OCI artifact: {self.old}"
                text = self.image if self.old == IS_IMAGE_OLD else possible
            case "1.33.13" | "1.34.11":
                text = f"{BOTH}{self.image}; artifact err: {self.old}"
            case "1.35.1" | "1.36.3" if not self.new:
                text = f"unable to pull image: {self.image}"
            case "1.35.0" | "1.35.1":
                text = f"{BOTH}{self.image}; artifact err: pull artifact: {self.copied or self.image}"
            case _:
                text = f"{BOTH}{self.image}; artifact err: {self.new}"
        return f"RegistryUnavailable: {text}" if "connection refused" in text else text


def opening(answer: ErrorResponse, said: str, reason: Reason) -> Case:
    """The host says no before there is a manifest."""
    image = f"initializing source docker://rhuss/app:latest: {said}"
    return Case({"docker.io": answer}, reason, image, OLD + said, NEW + said, (1, 2, 2))


def pinging(answer: NoResponse, why: str) -> Case:
    """The host does not answer."""
    said = f'pinging container registry registry-1.docker.io: Get "https://registry-1.docker.io/v2/": {why}'
    image = f"initializing source docker://rhuss/app:latest: {said}"
    return Case({"docker.io": answer}, answer.reason, image, OLD + said, "", (1, 2, 1))


def failed(words: str, reason: Reason) -> Case:
    """The host answers in another way than it should."""
    return pinging(NoResponse(step="ping", url="https://registry-1.docker.io/v2/", words=words, reason=reason), words)


def content(answers: Mapping[str, Answer], said: str, reason: Reason = Reason.BROKEN, copied: str = "") -> Case:
    """There is a manifest of an image, and its content is wrong."""
    told = {"docker.io": IMAGE, **answers}
    return Case(told, reason, said, IS_IMAGE_OLD, IS_IMAGE_NEW, (1, 2, 2), copied=copied)


def manifest(status: int, code: str, message: str = "", body: str = "") -> ErrorResponse:
    """An answer to a request for a manifest."""
    return ErrorResponse(step="manifest", status=status, code=code, message=message, body=body)


IN = "reading manifest latest in docker.io/rhuss/app: "
NO_AMD64 = 'no image found in image index for architecture "amd64", variant "", OS "linux"'
NO_AMD64_LIST = 'no image found in manifest list for architecture "amd64", variant "", OS "linux"'
MISMATCH = f"Manifest does not match provided manifest digest {IMAGE_DIGEST}"
CHILD = f"reading manifest {IMAGE_DIGEST} in docker.io/rhuss/app: manifest unknown"
LIMIT = "You have reached your unauthenticated pull rate limit."
CHOOSING = "choosing an image from manifest list docker://rhuss/app:latest: "
COPYING = "copying system image from manifest list: determining manifest MIME type for docker://rhuss/app:latest: "
CHOOSE = "image reference: choose manifest instance: "
BAD_LOGIN = "unable to retrieve auth token: invalid username/password: unauthorized: incorrect username or password"
OTHER_CONFIG_CAME = f"Download config.json digest {OTHER_CONFIG} does not match expected {CONFIG}"
OTHER_LAYER_CAME = f"Digest did not match, expected {LAYER}, got {OTHER_LAYER}"
OTHER_IMAGE = replace(IMAGE, digest=FIVES)

CASES = {
    "no platform": Case(
        {"docker.io": FOREIGN},
        Reason.NO_MATCHING_PLATFORM,
        CHOOSING + NO_AMD64,
        f"choose instance: {NO_AMD64}",
        CHOOSE + NO_AMD64,
        (1, 2, 2),
    ),
    "no platform in a list": Case(
        {"docker.io": replace(FOREIGN, media_type=DOCKER_LIST)},
        Reason.NO_MATCHING_PLATFORM,
        CHOOSING + NO_AMD64_LIST,
        IS_IMAGE_OLD,
        CHOOSE + NO_AMD64_LIST,
        (1, 2, 2),
    ),
    "no tag": opening(NO_TAG, f"{IN}manifest unknown", Reason.NOT_FOUND),
    "denied": opening(OF_DOCKER, f"{IN}requested access to the resource is denied", Reason.DENIED),
    "429": opening(manifest(429, "TOOMANYREQUESTS", LIMIT), f"{IN}toomanyrequests: {LIMIT}", Reason.TOO_MANY_REQUESTS),
    "500": opening(
        manifest(500, "UNKNOWN"), f"{IN}received unexpected HTTP status: 500 Internal Server Error", Reason.BROKEN
    ),
    "503": opening(
        manifest(503, "UNAVAILABLE"), f"{IN}received unexpected HTTP status: 503 Service Unavailable", Reason.BROKEN
    ),
    "418": opening(manifest(418, "UNKNOWN", "unknown error"), f"{IN}unknown", Reason.UNCLEAR),
    "no JSON": opening(manifest(404, "", body="<html>"), f'{IN}StatusCode: 404, "<html>"', Reason.NOT_FOUND),
    "login refused": opening(
        ErrorResponse(step="token", status=401, code="UNAUTHORIZED", message="incorrect username or password"),
        BAD_LOGIN,
        Reason.LOGIN_REFUSED,
    ),
    "no token for so many": opening(
        ErrorResponse(step="token", status=429), "too many requests to registry", Reason.TOO_MANY_REQUESTS
    ),
    "connection refused": pinging(
        refuses_connections("registry-1.docker.io"), "dial tcp 127.0.0.2:443: connect: connection refused"
    ),
    "unknown host": pinging(
        unknown("registry-1.docker.io"), "dial tcp: lookup registry-1.docker.io on 127.0.0.1:53: no such host"
    ),
    "plain HTTP": failed("http: server gave HTTP response to HTTPS client", Reason.PLAIN_HTTP),
    "untrusted": failed(
        "tls: failed to verify certificate: x509: certificate signed by unknown authority",
        Reason.UNTRUSTED_CERTIFICATE,
    ),
    "tampered": Case(
        {"docker.io": OTHER_IMAGE},
        Reason.BROKEN,
        f"determining manifest MIME type for docker://rhuss/app@{IMAGE_DIGEST}: {MISMATCH}",
        f"get manifest: {MISMATCH}",
        IS_IMAGE_NEW,
        (1, 2, 2),
        BY_DIGEST,
    ),
    "tampered child": Case(
        {"docker.io": INDEX, f"docker.io {IMAGE_DIGEST}": OTHER_IMAGE},
        Reason.BROKEN,
        COPYING + MISMATCH,
        f"get manifest: {MISMATCH}",
        IS_IMAGE_NEW,
        (2, 4, 5),
    ),
    "lost child": Case(
        {"docker.io": INDEX, f"docker.io {IMAGE_DIGEST}": NO_TAG},
        Reason.NOT_FOUND,
        COPYING + CHILD,
        OLD + CHILD,
        f"image reference: get instance manifest: {CHILD}",
        (2, 4, 5),
    ),
    "lost config": content(
        {f"docker.io {CONFIG}": NO_BLOB},
        "parsing image configuration: fetching blob: blob unknown",
        Reason.NOT_FOUND,
        f"reading config blob {CONFIG}: fetching blob: blob unknown",
    ),
    "lost layer": content(
        {f"docker.io {LAYER}": NO_BLOB}, f"reading blob {LAYER}: fetching blob: blob unknown", Reason.NOT_FOUND
    ),
    "tampered config": content(
        {f"docker.io {CONFIG}": FetchedBlob(OTHER_CONFIG)},
        f"parsing image configuration: {OTHER_CONFIG_CAME}",
        copied=f"reading config blob {CONFIG}: {OTHER_CONFIG_CAME}",
    ),
    "tampered layer": content(
        {f"docker.io {LAYER}": FetchedBlob(OTHER_LAYER, 100)},
        f"writing blob: setting up to decompress blob: happened during read: {OTHER_LAYER_CAME}",
        copied=f"writing blob: happened during read: {OTHER_LAYER_CAME}",
    ),
}
