"""The logins that come with a pull."""

import base64

import pytest

from conformance.model.answers import Login
from conformance.simulator.request_auth import decode_auth
from tests.simulator.served_simulator import NAME, Run, offered


@pytest.mark.parametrize("kind", ["fields", "base64", "both"])
def test_a_login_comes_in_two_forms(run: Run, kind: str) -> None:
    offered(run)
    login = run.internet.host("quay.io").require_login(NAME)
    fields = {"username": login.user, "password": login.password}
    packed = base64.b64encode(f"{login.user}:{login.password}\0".encode()).decode()
    auth = {"fields": fields, "base64": {"auth": packed}, "both": {"username": "no", "password": "no", "auth": packed}}
    assert run.pull(f"quay.io/{NAME}", **auth[kind])


@pytest.mark.parametrize(
    "auth", [{"password": "x"}, {"server_address": "quay.io", "identity_token": "x"}, {"auth": "bm8="}]
)
def test_what_is_no_login_is_none(run: Run, auth: dict[str, str]) -> None:
    offered(run)
    assert run.pull(f"quay.io/{NAME}", **auth)


@pytest.mark.parametrize(("auth", "at"), [("%%%", 0), ("YW%h", 2), ("YWJj=", 4), ("YWJjZA", 4), ("YWJj\nZ", 5)])
def test_a_login_that_is_no_base64(auth: str, at: int) -> None:
    with pytest.raises(ValueError, match=f"^illegal base64 data at input byte {at}$"):
        decode_auth(auth)


def test_a_login_never_shows() -> None:
    assert "secret" not in repr(Login("me", "secret"))
