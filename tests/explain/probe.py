"""Explains names after asking the registries of the pretend internet."""

import asyncio
import json
from pathlib import Path

from conformance.explain import explain
from conformance.explain.prober import Prober
from conformance.explain.pull_trace import PullTrace, trace_pull
from conformance.model.answers import Answer, HostAddress, RegistryRequest
from conformance.node_config.reader import ExplainOptions, read_node_config
from conformance.registry_hosts import Exchange, Internet, NameLookup, RequestKind
from conformance.registry_hosts.internet import authority
from tests.explain.explained import BOTH, Said


class Probe:
    """Explains a name after asking around."""

    def __init__(self, folder: Path, internet: Internet) -> None:
        self.folder = folder
        self.internet = internet
        self.exchanges: list[Exchange] = []
        self.lookups: list[str] = []
        self.local = False
        (folder / "d").mkdir()

    def __call__(
        self,
        name: str,
        conf: str = BOTH,
        *,
        release: str = "1.36",
        mode: str | None = None,
        auths: dict[str, dict[str, str]] | None = None,
        helpers: dict[str, str] | None = None,
    ) -> Said:
        (self.folder / "registries.conf").write_text(conf)
        (self.folder / "crio.conf").write_text("")
        (self.folder / "auth.json").write_text(json.dumps({"auths": auths or {}, "credHelpers": helpers or {}}))
        about = read_node_config(
            ExplainOptions(
                registries_conf=str(self.folder / "registries.conf"),
                registries_conf_dir=str(self.folder / "d"),
                crio_conf=(str(self.folder / "crio.conf"),),
                authfile=str(self.folder / "auth.json"),
                release=release,
                short_name_mode=mode,
                platform="linux/amd64",
            )
        )

        async def trace() -> PullTrace:
            client = Prober(resolve=self.internet.bound_address, authority=authority().cert_pem.bytes())

            async def put(ask: RegistryRequest) -> Answer:
                return HostAddress(loopback=self.local) if ask.lookup else await client.send_request(ask)

            try:
                return await trace_pull(about.settings, name, put)
            finally:
                await client.close()

        mark = self.internet.recorder.position()
        walked = asyncio.run(trace())
        records = self.internet.recorder.since(mark)
        self.exchanges = [each for each in records if isinstance(each, Exchange)]
        self.lookups = [each.host for each in records if isinstance(each, NameLookup)]
        return Said(explain(name, about, walked), self.folder)

    @property
    def manifests(self) -> list[str]:
        """Give the hosts that were asked for manifests."""
        return [each.host for each in self.exchanges if each.kind is RequestKind.MANIFEST]

    @property
    def shown(self) -> set[tuple[str, str]]:
        """Give the servers to which a login was shown, and whose."""
        return {(each.server, each.user) for each in self.exchanges if each.user}
