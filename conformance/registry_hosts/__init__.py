"""The pretend internet around a runtime: registry hosts under their real names, each with its own behaviour.

In come offers of images and demands of a login; out goes what every host was asked, exchange by exchange. A registry
host is a personality in front of an origin; names are resolved and certificates issued for this world alone.
"""

from conformance.model.answers import Login
from conformance.registry_hosts.host import RegistryHost
from conformance.registry_hosts.internet import Internet, loopback
from conformance.registry_hosts.recorder import Exchange, NameLookup, RequestKind

__all__ = ["Exchange", "Internet", "Login", "NameLookup", "RegistryHost", "RequestKind", "loopback"]
