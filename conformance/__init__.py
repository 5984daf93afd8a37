"""What a CRI-O release does with image names, registries, errors and image volumes, shown on a live CRI-O.

``from conformance import Reason, Configuration, image, …`` is what test files import: the names of ``vocabulary``,
which is loaded when the first of them is asked for. The rooms are in docs/architecture.md, the words in
docs/glossary.md.
"""

import os
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

# Before gRPC is imported, which else tells of connections that are closed.
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")

if TYPE_CHECKING:
    from conformance.vocabulary import *  # noqa: F403 (a type checker reads the names off its __all__)
else:

    def __dir__() -> list[str]:
        """List what test files import, too."""
        return sorted({*globals(), *import_module("conformance.vocabulary").__all__})

    def __getattr__(name: str) -> Any:
        """Give a name of the vocabulary; the plugin, which every pytest run loads, does without it."""
        if name == "__all__":
            return import_module("conformance.vocabulary").__all__
        if not name.startswith("_") and find_spec(f"{__name__}.{name}") is None:
            vocabulary = import_module("conformance.vocabulary")
            if name in vocabulary.__all__:
                return getattr(vocabulary, name)
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
