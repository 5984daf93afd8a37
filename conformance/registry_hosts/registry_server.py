"""The HTTP side of a registry host: the distribution API and a token service, with the host's behaviour.

Source: OCI distribution-spec v1.1 ("Pull", "Error Codes"), and the token authentication of the CNCF distribution
registry (``docs/spec/auth/token``). Serving is aiohttp's; a fault of the transport can be put in at ``_record``.
"""

import base64
import json
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

from conformance.registry_hosts.exchange_notes import (
    describe_alteration,
    describe_manifest,
    telling_headers,
    without_empty_type,
)
from conformance.registry_hosts.host import RegistryHost
from conformance.registry_hosts.origin import OriginError, Repository
from conformance.registry_hosts.personality import ErrorAnswer
from conformance.registry_hosts.recorder import Exchange, Recorder, RequestKind

BLOB_TYPE = "application/octet-stream"


@dataclass(frozen=True)
class Caller:
    """Who asks: the user named in the credentials (``""`` for an anonymous token), and the password with it."""

    user: str | None
    password: str = field(default="", repr=False)


class RegistryServer:
    """Answers for one registry host and records every exchange."""

    def __init__(self, host: RegistryHost, recorder: Recorder) -> None:
        self.host = host
        self.personality = host.personality
        self.recorder = recorder
        self._tokens: dict[str, Caller] = {}

    def application(self) -> web.Application:
        """Give the aiohttp application that serves the host, whichever of its names is asked."""
        application = web.Application(middlewares=[self.origin_failures])
        application.on_response_prepare.append(without_empty_type)
        application.router.add_get("/v2/", self.ping)
        if self.personality.realm:
            application.router.add_get("/" + self.personality.realm.split("/", 3)[3], self.token)
        application.router.add_get("/v2/{name:.+}/manifests/{reference}", self.manifest)
        application.router.add_get("/v2/{name:.+}/blobs/{reference}", self.blob)
        application.router.add_get("/v2/{name:.+}/tags/list", self.tags)
        application.router.add_route("*", "/{rest:.*}", self.nothing)
        return application

    @web.middleware
    async def origin_failures(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Answer 502 where the origin fails, and record why: no case expects that answer, so the case fails."""
        try:
            return await handler(request)
        except OriginError as error:
            return self._refuse(request, RequestKind.OTHER, ErrorAnswer(502, "UNKNOWN", str(error)))

    # What is asked

    async def ping(self, request: web.Request) -> web.Response:
        """Answer ``GET /v2/``: whether a token is wanted, and from whom."""
        if (arranged := self._arranged(request, RequestKind.PING)) is not None:
            return arranged
        if self.personality.realm and self._caller(request).user is None:
            return self._challenge(request, RequestKind.PING, self.personality.unauthorized)
        return self._record(request, RequestKind.PING, web.json_response({}))

    async def token(self, request: web.Request) -> web.Response:
        """Give a token to anybody; it opens what its user may pull."""
        login = self._basic(request)
        scope = request.query.get("scope", "")
        name = scope.split(":")[1] if scope.count(":") == 2 else ""  # noqa: PLR2004 (type:name:actions)
        if (arranged := self._arranged(request, RequestKind.TOKEN, name)) is not None:
            return arranged
        caller = Caller(*login) if login else Caller("")
        if login and not self._accepts(login):
            return self._refuse(request, RequestKind.TOKEN, self.personality.bad_login, name=name)
        repository = self.host.origin.repositories.get(name)
        refused = self.personality.no_token(exists=repository is not None, anonymous=login is None)
        if refused and not self._may_pull(caller, repository):
            return self._refuse(request, RequestKind.TOKEN, refused, name=name)
        token = f"conformance-token-{secrets.token_urlsafe(24)}"  # by which evidence knows what it must not show
        self._tokens[token] = caller
        return self._record(
            request,
            RequestKind.TOKEN,
            web.json_response(
                {"token": token, "access_token": token, "expires_in": 300} | self.host.origin.faults.token_members
            ),
            name=name,
        )

    async def manifest(self, request: web.Request) -> web.Response:
        """Give a manifest by tag or digest."""
        if (arranged := self._arranged(request, RequestKind.MANIFEST)) is not None:
            return arranged
        faults = self.host.origin.faults
        if faults.refusal:
            return self._refuse(request, RequestKind.MANIFEST, faults.refusal, headers=faults.headers)
        if (other := self._elsewhere(request, RequestKind.MANIFEST)) is not None:
            return other
        if (refusal := self._not_allowed(request, RequestKind.MANIFEST)) is not None:
            return refusal
        found = await self.host.origin.manifest(self._name(request), request.match_info["reference"])
        data = faults.served(found)
        if found is None or data is None:
            return self._refuse(request, RequestKind.MANIFEST, self.personality.no_manifest)
        headers = {"Docker-Content-Digest": found.digest, "Content-Type": found.media_type}
        body = web.Response(body=data, headers=headers)
        return self._record(
            request, RequestKind.MANIFEST, body, note=describe_manifest(found) + describe_alteration(found, data)
        )

    async def blob(self, request: web.Request) -> web.Response:
        """Give a blob, or the address of the server that has it."""
        if (arranged := self._arranged(request, RequestKind.BLOB)) is not None:
            return arranged
        if (other := self._elsewhere(request, RequestKind.BLOB)) is not None:
            return other
        store = self.personality.blobs
        if request.host == store:  # the redirected address is its own permission, as a signed URL is
            return await self._blob(request)
        if (refusal := self._not_allowed(request, RequestKind.BLOB)) is not None:
            return refusal
        if store:
            return self._redirect(request, RequestKind.BLOB, f"{self.personality.scheme}://{store}{request.path}")
        return await self._blob(request)

    async def _blob(self, request: web.Request) -> web.Response:
        digest = request.match_info["reference"]
        found = await self.host.origin.blob(self._name(request), digest)
        data = self.host.origin.faults.served(found)
        if found is None or data is None:
            return self._refuse(request, RequestKind.BLOB, self.personality.no_blob)
        body = web.Response(body=data, content_type=BLOB_TYPE, headers={"Docker-Content-Digest": digest})
        return self._record(request, RequestKind.BLOB, body, note=describe_alteration(found, data).removeprefix(", "))

    async def tags(self, request: web.Request) -> web.Response:
        """Answer ``GET /v2/<name>/tags/list``: all tags, sorted, in one page."""
        if (other := self._elsewhere(request, RequestKind.TAGS)) is not None:
            return other
        if (refusal := self._not_allowed(request, RequestKind.TAGS)) is not None:
            return refusal
        name = request.match_info["name"]
        tags = await self.host.origin.tags(self._name(request))
        return self._record(request, RequestKind.TAGS, web.json_response({"name": name, "tags": tags}))

    async def nothing(self, request: web.Request) -> web.Response:
        """Answer any other request with 404, UNSUPPORTED, and record it as ``OTHER``."""
        return self._refuse(request, RequestKind.OTHER, ErrorAnswer(404, "UNSUPPORTED", "not found"))

    # Who may

    @staticmethod
    def _basic(request: web.Request) -> tuple[str, str] | None:
        """Read a user name and password from the request."""
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            user, _, password = base64.b64decode(value, validate=True).decode(errors="replace").partition(":")
        except ValueError:  # not base64: nobody's credentials
            return None
        return (user, password) if user else None

    def _caller(self, request: web.Request) -> Caller:
        """Tell who asks, by a token of this host, or by a login where the host takes one without."""
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self._tokens.get(value, Caller(None))
        if not self.personality.strict and (login := self._basic(request)) is not None:
            return Caller(*login)
        return Caller(None)

    def _accepts(self, login: tuple[str, str]) -> bool:
        """Tell whether the host knows this user and password from any of its repositories."""
        return any(each.logins.get(login[0]) == login[1] for each in self.host.origin.repositories.values())

    @staticmethod
    def _may_pull(caller: Caller, repository: Repository | None) -> bool:
        """Tell whether there is such a repository and the caller may pull from it."""
        return repository is not None and (
            not repository.logins or repository.logins.get(caller.user or "") == caller.password
        )

    def _name(self, request: web.Request) -> str:
        """Give the repository's name, without what a backend puts before it."""
        return request.match_info.get("name", "").removeprefix(self.personality.backend[1])

    def _not_allowed(self, request: web.Request, kind: RequestKind) -> web.Response | None:
        """Refuse a caller without a token, or without the right to pull."""
        caller = self._caller(request)
        if self.personality.realm and caller.user is None:
            return self._challenge(request, kind, self.personality.unauthorized)
        repository = self.host.origin.repositories.get(self._name(request))
        if self._may_pull(caller, repository):
            return None
        note = "no such repository" if repository is None else "private"
        return self._challenge(request, kind, self.personality.absent(kind), note=note)

    # How it is answered

    def _arranged(self, request: web.Request, kind: RequestKind, name: str = "") -> web.Response | None:
        """Give the answer that a case arranged for all requests of a kind."""
        arranged = self.host.origin.faults.answers.get(kind)
        if arranged is None:
            return None
        response = web.Response(
            status=arranged.status, reason=arranged.phrase, body=arranged.body, headers=arranged.headers
        )
        return self._record(request, kind, response, name=name, note="arranged")

    def _elsewhere(self, request: web.Request, kind: RequestKind) -> web.Response | None:
        """Send the caller to the backend where the host has one."""
        server, prefix = self.personality.backend
        if not server or request.host == server:
            return None
        path = request.path.removeprefix("/v2/")
        return self._redirect(request, kind, f"{self.personality.scheme}://{server}/v2/{prefix}{path}")

    def _redirect(self, request: web.Request, kind: RequestKind, address: str) -> web.Response:
        """Answer with another address."""
        response = web.Response(status=self.personality.redirect, headers={"Location": address})
        return self._record(request, kind, response)

    def _challenge(self, request: web.Request, kind: RequestKind, refusal: ErrorAnswer, note: str = "") -> web.Response:
        """Refuse; a 401 says where a token is to be had."""
        headers = {}
        if refusal.status == 401 and self.personality.realm:  # noqa: PLR2004 (HTTP)
            fields = {"realm": self.personality.realm, "service": self.personality.service}
            if kind is not RequestKind.PING:
                fields["scope"] = f"repository:{self._name(request)}:pull"
            if self.personality.scope_error and self._caller(request).user is not None:
                fields["error"] = self.personality.scope_error
            elif self.personality.strict and request.headers.get("Authorization", "").lower().startswith("bearer "):
                fields["error"] = "invalid_token"
            headers["WWW-Authenticate"] = "Bearer " + ",".join(f'{key}="{value}"' for key, value in fields.items())
        return self._refuse(request, kind, refusal, note=note, headers=headers)

    def _refuse(
        self,
        request: web.Request,
        kind: RequestKind,
        refusal: ErrorAnswer,
        *,
        name: str = "",
        note: str = "",
        headers: dict[str, str] | None = None,
    ) -> web.Response:
        refusal = refusal.asked(self._name(request), request.match_info.get("reference", ""))
        response = web.Response(
            status=refusal.status, body=refusal.body(), content_type="application/json", headers=headers
        )
        return self._record(
            request, kind, response, name=name, note=note or json.loads(refusal.body())["errors"][0]["message"]
        )

    def _record(
        self, request: web.Request, kind: RequestKind, response: web.Response, *, name: str = "", note: str = ""
    ) -> web.Response:
        """Record the exchange before the answer leaves, so that it is there when the runtime has the answer."""
        response.headers["Docker-Distribution-Api-Version"] = "registry/2.0"
        basic = self._basic(request)
        self.recorder.add(
            Exchange(
                host=str(self.host),
                server=request.host,
                method=request.method,
                path=request.path,
                status=response.status,
                kind=kind,
                repository=name or self._name(request),
                reference=request.match_info.get("reference", ""),
                user=basic[0] if basic else self._caller(request).user,
                size=len(response.body) if isinstance(response.body, bytes) and request.method != "HEAD" else 0,
                note=note,
                scheme=request.scheme,
                query=request.query_string,
                headers=telling_headers(request),
            )
        )
        return response
