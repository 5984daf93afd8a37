"""The name server of a world: it knows the registry hosts, denies everything else at once, and says who was asked for."""

import asyncio
from typing import cast

from dnslib import QTYPE, RCODE, RR, A, DNSRecord

from conformance.internet.recorder import Lookup, Recorder


class NameServer(asyncio.DatagramProtocol):
    """Answers DNS queries (RFC 1035) from a table of IPv4 addresses; ``addresses`` may grow while it serves."""

    def __init__(self, addresses: dict[str, str], recorder: Recorder) -> None:
        self.addresses = addresses
        self.recorder = recorder

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport to answer on."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer one query: an A record, an empty answer for other types, or NXDOMAIN."""
        query = DNSRecord.parse(data)
        reply = query.reply()
        name = str(query.q.qname).rstrip(".").lower()
        address = self.addresses.get(name)
        if address is None:
            reply.header.rcode = RCODE.NXDOMAIN
            if query.q.qtype == QTYPE.A:
                self.recorder.add(Lookup(host=name))
        elif query.q.qtype == QTYPE.A:
            reply.add_answer(RR(query.q.qname, QTYPE.A, rdata=A(address), ttl=1))
        self._transport.sendto(reply.pack(), addr)
