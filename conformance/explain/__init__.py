"""``crio-conformance explain``: what a CRI-O makes of an image name, step by step, for a person with a problem.

In come a name and a ``NodeConfig``; the model's rules, and with ``--probe`` the registries themselves (``prober``), say
what will come of it. Out goes one value, an ``Explanation``, which ``text`` and ``as_json`` render.
"""

from conformance.explain.explain import explain
from conformance.explain.explanation import Explanation

__all__ = ["Explanation", "explain"]
