"""The name server of a world: it knows the registry hosts, and denies and records every other name at once."""

import asyncio
from typing import cast

import dns.exception
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from conformance.registry_hosts.recorder import NameLookup, Recorder

TTL = 1


class NameServer(asyncio.DatagramProtocol):
    """Answers DNS queries (RFC 1035) from a table of IPv4 addresses; ``addresses`` may grow while it serves."""

    def __init__(self, addresses: dict[str, str], recorder: Recorder) -> None:
        self.addresses = addresses
        self.recorder = recorder

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the socket that answers go out on; asyncio calls this once, before any query."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer one query: an A record, an empty answer for other types, or NXDOMAIN; nothing to what is no query."""
        try:
            query = dns.message.from_wire(data)
            reply = dns.message.make_response(query, recursion_available=True)
            question = query.question[0]
        except (dns.exception.DNSException, IndexError):
            return
        name = question.name.to_text(omit_final_dot=True).lower()
        address = self.addresses.get(name)
        if address is None:
            reply.set_rcode(dns.rcode.NXDOMAIN)
            if question.rdtype == dns.rdatatype.A:  # a resolver asks for AAAA as well; one record is enough
                self.recorder.add(NameLookup(host=name))
        elif question.rdtype == dns.rdatatype.A:
            reply.answer.append(dns.rrset.from_text(question.name, TTL, dns.rdataclass.IN, dns.rdatatype.A, address))
        self._transport.sendto(reply.to_wire(), addr)
