"""Error responses of a registry, as they are read."""

import json

import pytest

from conformance.model.answers import ErrorResponse
from tests.registry_client.scripted_registry import ASK, Reply, Scripted, by_path


@pytest.mark.parametrize(
    ("body", "code", "message", "detail"),
    [
        ({"errors": [{"code": "DENIED", "message": "no", "detail": {}}, {"code": "X"}]}, "DENIED", "no", True),
        ({"errors": [{"code": "DENIED", "message": "no", "detail": None}]}, "DENIED", "no", False),
        ({"errors": [{"message": "no"}]}, "UNKNOWN", "no", False),
        ({"details": "no"}, "UNAUTHORIZED", "no", False),
    ],
)
def test_the_first_error_of_a_body_counts(body: object, code: str, message: str, detail: bool) -> None:
    (answer,) = Scripted(by_path(latest=Reply(401, json.dumps(body).encode()))).ask(ASK)
    assert answer == ErrorResponse(step="manifest", status=401, code=code, message=message, detail=detail)


@pytest.mark.parametrize("body", ["", "<html>", "[]", "{}", '{"errors": []}', '{"errors": null}', '{"errors": [1]}'])
def test_other_bodies_are_kept_as_they_are(body: str) -> None:
    (answer,) = Scripted(by_path(latest=Reply(404, body.encode()))).ask(ASK)
    assert answer == ErrorResponse(step="manifest", status=404, body=body)


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_a_ping_that_is_refused(status: int) -> None:
    registry = Scripted(by_path(v2=Reply(status)))
    (answer,) = registry.ask(ASK)
    assert answer == ErrorResponse(step="ping", status=status, body="{}")
    assert len(registry.sent) == 1


def test_the_first_api_is_pinged_by_old_releases() -> None:
    registry = Scripted(by_path(v2=Reply(404)), {"pings_v1": True})
    (answer,) = registry.ask(ASK)
    assert isinstance(answer, ErrorResponse)
    assert [sent.path for sent in registry.sent] == ["/v2/", "/v1/_ping"]
