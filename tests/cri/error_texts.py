"""What releases say of a failed pull, and what is read off it."""

from conformance.model.reason import Reason

DIGEST = "sha256:" + "a429" * 16
NAME = "rhuss/caikit-flan-t5-small"
SOURCE = "initializing source docker://"
BOTH = "unable to pull image or OCI artifact: pull image err: "
NO_PLATFORM = 'no image found in image index for architecture "amd64", variant "", OS "linux"'

QUAY_401 = (
    f"initializing source docker://quay.io/{NAME}:latest: reading manifest latest in quay.io/{NAME}: "
    "unauthorized: access to the requested resource is not authorized"
)

DOCKER_401 = (
    f"initializing source docker://{NAME}:latest: reading manifest latest in docker.io/{NAME}: "
    "requested access to the resource is denied"
)

REFUSED = (
    'pinging container registry 127.0.0.1:5001: Get "https://127.0.0.1:5001/v2/": dial tcp: connect: connection refused'
)

PODMAN = f"""2 errors occurred while pulling:
 * choosing an image from manifest list docker://rhuss/caikit:latest: no image found in image index for architecture \
amd64, variant "", OS linux
 * {QUAY_401}
"""

MIRRORS = (
    "initializing source docker://busybox:latest: (Mirrors also failed: [mirror.example.com:5000/hub/busybox:latest: "
    "reading manifest latest in mirror.example.com:5000/hub/busybox: manifest unknown]\n"
    "[second.example.com/busybox:latest: pinging container registry second.example.com: "
    'Get "https://second.example.com/v2/": dial tcp: lookup second.example.com: no such host]): '
    "docker.io/library/busybox:latest: reading manifest latest in docker.io/library/busybox: toomanyrequests: slow down"
)


# What a release says of a failed pull, and what is read off it. The releases are those of the wrapping.
PULLS = {
    "1.31: quay.io unauthorized": (QUAY_401, {"quay.io": Reason.UNAUTHORIZED}),
    "1.31: docker.io denied": (DOCKER_401, {"docker.io": Reason.DENIED}),
    "1.34: quay.io, asked again for an artifact": (
        (
            f"{BOTH}{QUAY_401}; artifact err: get manifest: build image source: reading manifest latest in quay.io/x: "
            "unauthorized: access to the requested resource is not authorized"
        ),
        {"quay.io": Reason.UNAUTHORIZED},
    ),
    "1.36: index without this architecture": (
        (
            f"{BOTH}choosing an image from manifest list docker://foo:latest: {NO_PLATFORM}; artifact err: image "
            f"reference: choose manifest instance: {NO_PLATFORM}"
        ),
        {"docker.io": Reason.NO_MATCHING_PLATFORM},
    ),
    "1.31: manifest list without this architecture": (
        f"choosing an image from manifest list docker://{NAME}:1: no image found in manifest list for architecture",
        {"docker.io": Reason.NO_MATCHING_PLATFORM},
    ),
    "1.36: the artifact's half names another host": (
        f"{BOTH}{DOCKER_401}; artifact err: pull artifact: initializing source docker://quay.io/x:1: manifest unknown",
        {"docker.io": Reason.DENIED},
    ),
    "1.36: connection refused": (
        f"RegistryUnavailable: unable to pull image: initializing source docker://127.0.0.1:5001/foo:latest: {REFUSED}",
        {"127.0.0.1:5001": Reason.UNREACHABLE},
    ),
    "host unknown": (
        (
            f"{SOURCE}nowhere.example/a:1: pinging container registry nowhere.example: Get "
            '"https://nowhere.example/v2/": dial tcp: lookup nowhere.example on 127.0.0.1:53: no such host'
        ),
        {"nowhere.example": Reason.UNKNOWN_HOST},
    ),
    "blocked": (
        (
            f"{SOURCE}quay.io/blocked/a:latest: registry quay.io/blocked is blocked in "
            "/etc/containers/registries.conf or /etc/containers/registries.conf.d"
        ),
        {"quay.io": Reason.BLOCKED},
    ),
    "policy": (
        (
            "SignatureValidationFailed: copying system image from manifest list: Source image rejected: Running image "
            "docker://quay.io/a/b:latest is rejected by policy."
        ),
        {"quay.io": Reason.UNTRUSTED},
    ),
    "429": (
        f"{SOURCE}a/b:1: reading manifest 1 in docker.io/a/b: toomanyrequests: pull rate limit.",
        {"docker.io": Reason.TOO_MANY_REQUESTS},
    ),
    "wrong password": (
        (
            f"{SOURCE}quay.io/a/b:1: unable to retrieve auth token: invalid username/password: "
            "unauthorized: Invalid Username or Password"
        ),
        {"quay.io": Reason.LOGIN_REFUSED},
    ),
    "1.32: ghcr.io refuses a token": (
        f"{SOURCE}ghcr.io/a:1: Requesting bearer token: invalid status code from registry 403 (Forbidden)",
        {"ghcr.io": Reason.DENIED},
    ),
    "1.33: ghcr.io refuses a token": (
        f"{SOURCE}ghcr.io/a:1: Requesting bearer token: received unexpected HTTP status: 403 Forbidden",
        {"ghcr.io": Reason.DENIED},
    ),
    "by digest, whose digits mean nothing": (
        f"{SOURCE}quay.io/a@{DIGEST}: reading manifest {DIGEST} in quay.io/a: manifest unknown",
        {"quay.io": Reason.NOT_FOUND},
    ),
    "a repository that is not known": (
        (
            f"{SOURCE}localhost:5000/a:1: reading manifest 1 in localhost:5000/a: name unknown: "
            "repository name not known to registry"
        ),
        {"localhost:5000": Reason.NOT_FOUND},
    ),
    "1.36: an authentication file that cannot be read": (
        (
            f"unable to pull image or OCI artifact: pull image err: {SOURCE}quay.io/a:1: getting username and "
            'password: reading JSON file "/a.json": unmarshaling JSON at "/a.json": unexpected end of JSON input; '
            "artifact err: image reference: get manifest from ref: create image source: getting username and password: "
            'reading JSON file "/a.json": unmarshaling JSON at "/a.json": unexpected end of JSON input'
        ),
        {"quay.io": Reason.UNREADABLE_LOGINS},
    ),
    "not JSON": (
        'initializing source docker://localhost/a:1: reading manifest 1 in localhost/a: StatusCode: 404, "<html>..."',
        {"localhost": Reason.NOT_FOUND},
    ),
    "1.36: a certificate that nobody trusts": (
        (
            f"unable to pull image: {SOURCE}untrusted.example.com:5000/a:1: pinging container registry "
            'untrusted.example.com:5000: Get "https://untrusted.example.com:5000/v2/": tls: failed to verify '
            "certificate: x509: certificate signed by unknown authority"
        ),
        {"untrusted.example.com:5000": Reason.UNTRUSTED_CERTIFICATE},
    ),
    "1.36: HTTP where TLS is expected": (
        (
            f"unable to pull image: {SOURCE}plain.example.com:5000/a:1: pinging container registry "
            'plain.example.com:5000: Get "https://plain.example.com:5000/v2/": http: server gave HTTP response to '
            "HTTPS client"
        ),
        {"plain.example.com:5000": Reason.PLAIN_HTTP},
    ),
    "a child of an index that is another": (
        (
            f"{BOTH}copying system image from manifest list: determining manifest MIME type for docker://a/b:latest: "
            f"Manifest does not match provided manifest digest {DIGEST}; artifact err: get manifest: no"
        ),
        {"docker.io": Reason.BROKEN},
    ),
    "a blob that is missing, of nobody knows which registry": (
        f"{BOTH}reading blob {DIGEST}: fetching blob: blob unknown; artifact err: provided artifact is an image",
        {},
    ),
    "a blocked registry and its mirror": (
        (
            f"{SOURCE}quay.io/a/b:1: (Mirrors also failed: [mirror.example.com/b:1: reading manifest 1 in "
            "mirror.example.com/b: name unknown]): quay.io/a/b:1: registry quay.io/a is blocked in "
            "/etc/containers/registries.conf or /root/.config/containers/registries.conf.d"
        ),
        {"mirror.example.com": Reason.NOT_FOUND, "quay.io": Reason.BLOCKED},
    ),
    "server error": (
        f"{SOURCE}quay.io/a:1: reading manifest 1 in quay.io/a: received unexpected HTTP status: 503 No",
        {"quay.io": Reason.BROKEN},
    ),
    "a manifest that is another": (
        f"{SOURCE}quay.io/a@{DIGEST}: Manifest does not match provided manifest digest {DIGEST}",
        {"quay.io": Reason.BROKEN},
    ),
    "unheard of": (f"{SOURCE}quay.io/a:1: the moon is full", {"quay.io": Reason.UNCLEAR}),
    "a mirror that lacks the image of its index": (
        (
            "copying system image from manifest list: determining manifest MIME type for docker://a/b:1: "
            f"reading manifest {DIGEST} in m.example/a/b: manifest unknown"
        ),
        {"m.example": Reason.NOT_FOUND},
    ),
    "1.33.0: an artifact that is looked for first": (
        (
            "unable to try pulling possible OCI artifact: get manifest: build image source: "
            "reading manifest 1 in quay.io/a/b: unauthorized: access to the requested resource is not authorized"
        ),
        {"quay.io": Reason.UNAUTHORIZED},
    ),
    "1.33.0: a registry that does not answer when it is asked for an artifact": (
        (
            "unable to try pulling possible OCI artifact: get manifest: build image source: pinging container registry "
            'registry-1.docker.io: Get "https://registry-1.docker.io/v2/": dial tcp: connect: connection refused'
        ),
        {"docker.io": Reason.UNREACHABLE},
    ),
    "names that sound like reasons": (
        (
            f"{SOURCE}unauthorized/signature:429: reading manifest 429 in docker.io/unauthorized/"
            "signature: manifest unknown"
        ),
        {"docker.io": Reason.NOT_FOUND},
    ),
    "a name with eof in it": (f"{SOURCE}geoffrey/a:1: no luck", {"docker.io": Reason.UNCLEAR}),
    "Podman names both": (PODMAN, {"docker.io": Reason.NO_MATCHING_PLATFORM, "quay.io": Reason.UNAUTHORIZED}),
    "mirrors, then what they stand for": (
        MIRRORS,
        {
            "mirror.example.com:5000": Reason.NOT_FOUND,
            "second.example.com": Reason.UNKNOWN_HOST,
            "docker.io": Reason.TOO_MANY_REQUESTS,
        },
    ),
    "no registry": ("short name mode is enforcing, but image name a returns ambiguous list", {}),
}


# The words by which each reason is known, one for each way of saying it.
WORDS = {
    'no image found in image index for architecture "s390x"': Reason.NO_MATCHING_PLATFORM,
    'no image found in manifest list for architecture "s390x"': Reason.NO_MATCHING_PLATFORM,
    'parsing image configuration: unsupported image-specific operation on artifact with type "a/b"': Reason.NO_IMAGE,
    "getting username and password: reading JSON file: unexpected end of JSON input": Reason.UNREADABLE_LOGINS,
    "registry quay.io/a is blocked in /etc/containers/registries.conf": Reason.BLOCKED,
    "Source image rejected: Running image is rejected by policy.": Reason.UNTRUSTED,
    "A signature was required, but no signature exists": Reason.UNTRUSTED,
    "toomanyrequests: slow down": Reason.TOO_MANY_REQUESTS,
    "received unexpected HTTP status: 429 Too Many Requests": Reason.TOO_MANY_REQUESTS,
    "invalid username/password: unauthorized": Reason.LOGIN_REFUSED,
    "unauthorized: incorrect username or password": Reason.LOGIN_REFUSED,
    "errors: denied: requested access to the resource is denied": Reason.DENIED,
    "invalid status code from registry 403 (Forbidden)": Reason.DENIED,
    "unauthorized: access to the requested resource is not authorized": Reason.UNAUTHORIZED,
    "authentication required": Reason.UNAUTHORIZED,
    "manifest unknown": Reason.NOT_FOUND,
    "name unknown: Repository not found": Reason.NOT_FOUND,
    "repository name not known to registry": Reason.NOT_FOUND,
    "fetching blob: blob unknown": Reason.NOT_FOUND,
    "tls: failed to verify certificate: x509: certificate is valid for a, not b": Reason.UNTRUSTED_CERTIFICATE,
    "x509: certificate has expired or is not yet valid": Reason.UNTRUSTED_CERTIFICATE,
    "http: server gave HTTP response to HTTPS client": Reason.PLAIN_HTTP,
    'StatusCode: 404, "404 page not found"': Reason.NOT_FOUND,
    "dial tcp: lookup quay.io: no such host": Reason.UNKNOWN_HOST,
    "connect: connection refused": Reason.UNREACHABLE,
    "dial tcp 192.0.2.1:443: i/o timeout": Reason.UNREACHABLE,
    "read: connection reset by peer": Reason.UNREACHABLE,
    'Get "https://quay.io/v2/": EOF': Reason.UNREACHABLE,
    "connect: network is unreachable": Reason.UNREACHABLE,
    'StatusCode: 500, "oops"': Reason.BROKEN,
    "received unexpected HTTP status: 502 Bad Gateway": Reason.BROKEN,
    "Manifest does not match provided manifest digest": Reason.BROKEN,
    "happened during read: Digest did not match, expected sha256:1, got sha256:2": Reason.BROKEN,
    "invalid character '<' looking for beginning of value": Reason.BROKEN,
    "unexpected end of JSON input": Reason.BROKEN,
    "json: cannot unmarshal number into Go struct field Image.config.User of type string": Reason.BROKEN,
    'parsing time "now": month out of range': Reason.BROKEN,
    "unsupported schema version 2": Reason.BROKEN,
    'rejecting ambiguous manifest, unexpected fields []string{"manifests"} in supposedly a/b': Reason.BROKEN,
    'unsupported docker v2s2 media type: "a/b"': Reason.BROKEN,
    "length of history not equal to number of layers": Reason.BROKEN,
    "no FSLayers in manifest": Reason.BROKEN,
    "invalid checksum digest length": Reason.BROKEN,
    "Can not check for a blob with unknown digest": Reason.BROKEN,
    "unsupported digest algorithm": Reason.BROKEN,
    "Unexpectedly received a manifest list instead of a manifest for a single image": Reason.BROKEN,
    "writing blob: blob size mismatch": Reason.BROKEN,
    "Treating manifest lists as individual manifests is not implemented": Reason.BROKEN,
    "missing realm in bearer auth challenge": Reason.BROKEN,
    'decoding bearer token (last URL "https://a/", body start ""): no': Reason.BROKEN,
    'invalid mixed OCI image with Docker v2s2 config ("a/b")': Reason.NO_IMAGE,
    "": Reason.UNCLEAR,
    "authorised, manifests known": Reason.UNCLEAR,
    "geoffrey was here, for 4290 ms": Reason.UNCLEAR,
}
