"""What is compared of a pull: read off the records, and worded where two differ."""

from conformance.evidence.comparison import PullResult, pull_differences, recorded_requests
from conformance.model.image_store import ListedImage
from conformance.model.prediction import HostRequests
from conformance.registry_hosts import Exchange, NameLookup, RequestKind

BLOB = "sha256:" + "5" * 64


def exchange(
    kind: RequestKind, status: int, reference: str = "", *, user: str | None = None, query: str = ""
) -> Exchange:
    return Exchange(
        host="quay.io",
        server="quay.io",
        method="GET",
        path="/",
        status=status,
        kind=kind,
        repository="team/app",
        reference=reference,
        user=user,
        query=query,
    )


def test_what_a_host_was_asked_is_read_off_the_records() -> None:
    records = (
        exchange(RequestKind.PING, 401),
        exchange(RequestKind.TOKEN, 200, user="robot", query="scope=repository:team/app:pull"),
        exchange(RequestKind.MANIFEST, 307, "latest"),
        exchange(RequestKind.MANIFEST, 200, "latest"),
        exchange(RequestKind.MANIFEST, 200, BLOB),
        exchange(RequestKind.BLOB, 307, BLOB),
        exchange(RequestKind.BLOB, 200, BLOB),
        exchange(RequestKind.TOKEN, 401, query="scope=repository:team/app:pull&scope=repository:team/app:push"),
        NameLookup(host="nowhere.example"),
    )
    assert recorded_requests(records) == (
        HostRequests(
            "quay.io",
            ("team/app:latest", f"team/app@{BLOB}"),
            frozenset({f"team/app@{BLOB}"}),
            ("robot",),
            ("repository:team/app:pull", "repository:team/app:pull repository:team/app:push"),
        ),
        HostRequests("nowhere.example"),
    )


def test_a_difference_in_anything_is_worded() -> None:
    asked = HostRequests("quay.io", ("team/app:1",), users=("robot",), scopes=("repository:team/app:pull",))
    model = PullResult((asked,), "id", "", ListedImage("1", ("a:1",), ("a@2",), 10))
    assert pull_differences(model, model, "skopeo") == []
    for other, told in (
        (asked._replace(host="ghcr.io"), "ghcr.io as robot: team/app:1, a token for repository:team/app:pull"),
        (asked._replace(manifests=()), "quay.io as robot: nothing but who is there, a token for repository:"),
        (asked._replace(blobs=frozenset({"team/app@1"})), "quay.io as robot: team/app:1, blob team/app@1, a token"),
        (asked._replace(users=()), "quay.io: team/app:1, a token for repository:team/app:pull"),
        (asked._replace(scopes=()), "quay.io as robot: team/app:1"),
    ):
        (text,) = pull_differences(model, model._replace(asked=(other,)), "skopeo")
        assert text.startswith(f"asked:\n    the model: {asked}\n    skopeo:    {told}")
    (text,) = pull_differences(model, model._replace(asked=()), "CRI-O 1.36.3")
    assert text == f"asked:\n    the model:    {asked}\n    CRI-O 1.36.3: nothing"
    assert pull_differences(model, model._replace(image="other", error="no"), "skopeo") == [
        "image:\n    the model: id\n    skopeo:    other",
        "error:\n    the model: nothing\n    skopeo:    no",
    ]
    assert model.stored is not None
    for stored in (model.stored._replace(size=11), model.stored._replace(pinned=True), None):
        (text,) = pull_differences(model, model._replace(stored=stored), "skopeo")
        assert text.startswith("stored:\n")
