"""One HTTP request: redirects, the token that goes along, and whom to trust."""

from pathlib import Path

import pytest

from conformance.model.answers import ErrorResponse, Manifest, NoResponse
from conformance.registry_client import HTTPTransport
from conformance.registry_hosts.internet import authority
from tests.registry_client.scripted_registry import ASK, HOST, MANIFEST, TOKEN, Reply, Scripted, Sent, by_path, wanting


@pytest.mark.parametrize(
    ("there", "keeps"),
    [
        (f"http://{HOST}/elsewhere", True),
        ("/elsewhere", True),
        (f"http://cdn.{HOST}/elsewhere", True),
        (f"http://cdn{HOST}/elsewhere", False),
        ("http://example/elsewhere", False),
        (f"http://{HOST}.evil/elsewhere", False),
    ],
)
def test_a_token_goes_along_to_the_same_domain_only(there: str, keeps: bool) -> None:
    registry = Scripted(by_path(v2=wanting(), token=TOKEN, latest=Reply(307, headers={"Location": there})))
    (answer,) = registry.ask(ASK)
    assert isinstance(answer, Manifest)
    assert registry.sent[-1].authorization == ("Bearer t" if keeps else "")


def test_a_token_that_was_dropped_stays_dropped() -> None:
    def script(sent: Sent) -> Reply:
        if sent.path == "/v2/":
            return wanting()
        if sent.path.startswith("/token"):
            return TOKEN
        if sent.host == "other.example":
            return Reply(302, headers={"Location": f"http://{HOST}/back"})
        return (
            Reply(200, MANIFEST) if sent.path == "/back" else Reply(307, headers={"Location": "http://other.example/"})
        )

    registry = Scripted(script)
    registry.ask(ASK)
    assert [(sent.host, sent.authorization) for sent in registry.sent[-2:]] == [("other.example", ""), (HOST, "")]


def test_redirects_end() -> None:
    registry = Scripted(by_path(latest=Reply(301, headers={"Location": "latest"})))
    (answer,) = registry.ask(ASK)
    assert isinstance(answer, NoResponse)
    assert (answer.words, len(registry.sent)) == ("stopped after 10 redirects", 11)


def test_a_redirect_to_nowhere_is_an_answer() -> None:
    (answer,) = Scripted(by_path(latest=Reply(307))).ask(ASK)
    assert answer == ErrorResponse(step="manifest", status=307, body="{}")


def test_the_authority_may_be_a_file_and_is_the_only_one(tmp_path: Path) -> None:
    pem = authority().cert_pem.bytes()
    (tmp_path / "ca.pem").write_bytes(pem)
    for each in (pem, tmp_path / "ca.pem"):
        assert HTTPTransport(authority=each)._verifying.cert_store_stats()["x509_ca"] == 1
