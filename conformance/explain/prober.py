"""Asking registries for an explanation: as CRI-O does, but with shorter timeouts and without retries."""

import asyncio
from pathlib import Path

from conformance.explain.pull_trace import PullTrace, trace_pull
from conformance.model.answers import Answer, NoResponse, RegistryRequest
from conformance.model.error_texts import server_of
from conformance.node_config.node_config import NodeConfig
from conformance.registry_client import PullClient
from conformance.registry_client.http_transport import Response
from conformance.registry_client.requests import TOO_MANY_REQUESTS, HTTPRequest, PullRequestError, RegistrySession

SECONDS = 30.0
"""How long one request may take; CRI-O waits longer."""
CONNECT_SECONDS = 10.0
RESOLV_CONF = Path("/etc/resolv.conf")


class Prober(PullClient):
    """Takes the first "too many requests" for an answer, where CRI-O asks again, and no answer for one.

    It is more careful than CRI-O with logins: a registry behind TLS cannot have one sent elsewhere in the clear.
    """

    async def send_request(self, ask: RegistryRequest) -> Answer:
        """Make one request of a pull; one without an answer in time counts as unreachable."""
        try:
            async with asyncio.timeout(SECONDS):
                return await super().send_request(ask)
        except TimeoutError:
            url = f"https://{server_of(ask.host)}/v2/{ask.repository}/manifests/{ask.reference}"
            return NoResponse(step="manifest", url=url, words=f"no answer within {SECONDS:.0f} s")

    def may_send_login(self, session: RegistrySession, realm: str) -> bool:
        """Tell whether a token service may see a login: not over plain HTTP where the registry speaks TLS."""
        return not (session.base.startswith("https:") and realm.startswith("http:"))

    async def once(self, request: HTTPRequest, extra: str) -> Response:
        """Make a request once; that there were too many is final, and raises ``PullRequestError``."""
        response = await super().once(request, extra)
        if response.status == TOO_MANY_REQUESTS:
            raise PullRequestError(self.refused(request.step, response))
        return response


def probe(node: NodeConfig, name: str) -> PullTrace:
    """Ask the registries for an image, over this machine's network; give what was tried, and how it ended."""

    async def ask() -> PullTrace:
        client = Prober(timeout=CONNECT_SECONDS, name_server=name_server(), pings_v1=node.settings.profile.pings_v1)
        try:
            return await trace_pull(node.settings, name, client.send_request)
        finally:
            await client.close()

    return asyncio.run(ask())


def name_server(file: Path = RESOLV_CONF) -> str:
    """Give the name server as Go's errors name it: address and port of the first (resolv.conf(5))."""
    try:
        lines = file.read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    for words in map(str.split, lines):
        if len(words) > 1 and words[0] == "nameserver":
            return f"[{words[1]}]:53" if ":" in words[1] else f"{words[1]}:53"
    return ""
