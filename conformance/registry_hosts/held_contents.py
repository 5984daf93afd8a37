"""What the registry hosts of an internet give, by digest, whichever of them and of whatever repository."""

from conformance.images.builder import Blob
from conformance.registry_client.downloads import unpacked_size
from conformance.registry_hosts.internet import Internet


class HeldContents:
    """Manifests and blobs, altered ones under the digest of what leaves the host."""

    def __init__(self, internet: Internet) -> None:
        self._internet = internet

    def __getitem__(self, digest: str) -> bytes:
        """Give content, empty where no host has it."""
        for host in self._internet.hosts.values():
            faults = host.origin.faults
            for repository in host.origin.repositories.values():
                if (found := repository.blobs.get(digest) or repository.manifests.get(digest)) is not None:
                    return found.data
                for each in filter(None, map(repository.manifests.get, faults.altered)):
                    altered = faults.served(each) or b""
                    if Blob(each.media_type, altered).digest == digest:
                        return altered
        return b""

    def unpacked_size(self, digest: str) -> int:
        """Give the bytes that content has unpacked, 0 where no host has it."""
        data = self[digest]
        return unpacked_size(data, data, len(data))
