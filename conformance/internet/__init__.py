"""The pretend internet around a runtime: registry hosts under their real names, each with its own manners.

In come offers of images and demands of a login; out goes what every host was asked, exchange by exchange. A registry
host is a personality in front of an origin; names are resolved and certificates issued for this world alone.
"""

from conformance.internet.host import RegistryHost
from conformance.internet.internet import Internet, loopback
from conformance.internet.recorder import Exchange, Kind, Lookup
from conformance.model.answers import Login

__all__ = ["Exchange", "Internet", "Kind", "Login", "Lookup", "RegistryHost", "loopback"]
