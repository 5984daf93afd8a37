"""What comes of the answers that a case arranged for a host (``RegistryHost.answer``), read as a client reads them."""

import json
import time

from conformance.model.answers import (
    Answer,
    ErrorResponse,
    FetchedBlob,
    Manifest,
    RegistryRequest,
    UnusableResponse,
)
from conformance.model.go_json import GoJSONError
from conformance.registry_client.challenge import NO_REALM, Challenge, challenges, token_url
from conformance.registry_client.error_responses import bearer_token, read_error_response
from conformance.registry_hosts.faults import RawAnswer
from conformance.registry_hosts.host import RegistryHost
from conformance.registry_hosts.recorder import RequestKind

OK, UNAUTHORIZED = 200, 401


def ping_challenges(host: RegistryHost) -> tuple[Challenge, ...]:
    """Give what the host wants of everybody, by the answer to its ping."""
    arranged = host.origin.faults.answers.get(RequestKind.PING)
    if arranged is not None:
        return _challenges(arranged)
    personality = host.personality
    known = {"realm": personality.realm, "service": personality.service}
    return (Challenge("bearer", known),) if personality.realm else ()


def gives_dead_tokens(host: RegistryHost) -> bool:
    """Tell whether the host's tokens were issued so long ago that they are dead when they come."""
    members = host.origin.faults.token_members
    return bool(members) and bearer_token(json.dumps(members).encode(), "", time.time())[1] <= 0


def arranged_answer(host: RegistryHost, ask: RegistryRequest) -> Answer | None:
    """Give the answer that a request ends with where one was arranged on its way, none where none was."""
    answers = host.origin.faults.answers
    if not answers:
        return None
    ping = answers.get(RequestKind.PING)
    if ping is not None and ping.status not in {OK, UNAUTHORIZED}:
        return _refused("ping", ping)
    if (failed := _token_failure(host, ask)) is not None:
        return failed
    return _content(answers.get(RequestKind.BLOB if ask.blob else RequestKind.MANIFEST), ask)


def _token_failure(host: RegistryHost, ask: RegistryRequest) -> Answer | None:
    """Say why there is no token, none where there is one or none is wanted."""
    challenge = next((each for each in ping_challenges(host) if each.scheme == "bearer"), None)
    if challenge is None:
        return None
    if "realm" not in challenge.parameters:
        return UnusableResponse(step="token", words=NO_REALM)
    arranged = host.origin.faults.answers.get(RequestKind.TOKEN)
    if arranged is None:
        return None
    if arranged.status != OK:
        return _refused("token", arranged)
    url = token_url(challenge.parameters["realm"], challenge, [f"repository:{ask.repository}:pull"], ask.login)
    try:
        bearer_token(arranged.body, url, time.time())
    except GoJSONError as error:
        return UnusableResponse(step="token", words=str(error))
    return None


def _content(arranged: RawAnswer | None, ask: RegistryRequest) -> Answer | None:
    """Give a manifest or blob that was arranged."""
    if arranged is None:
        return None
    if arranged.status != OK:
        return _refused("blob" if ask.blob else "manifest", arranged)
    if ask.blob:
        return FetchedBlob.of(arranged.body)
    return Manifest.parse(arranged.body, arranged.headers.get("Content-Type", ""))


def _refused(step: str, arranged: RawAnswer) -> ErrorResponse:
    return read_error_response(step, arranged.status, _challenges(arranged), arranged.body, arranged.phrase)


def _challenges(arranged: RawAnswer) -> tuple[Challenge, ...]:
    header = arranged.headers.get("WWW-Authenticate", "")
    return challenges([header] if header else [])
