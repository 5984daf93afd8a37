"""Signature policies as files (containers-policy.json(5)), as far as the model knows them."""

import json
from pathlib import PurePosixPath

from conformance.model.policy import FOLDER, OF_USER, SYSTEM, PolicyRequirement, SignaturePolicy

_WHAT_IS_KNOWN = "the requirements that are known are " + " and ".join(PolicyRequirement)


class PolicyFileError(Exception):
    """A policy has what is not known here: one sentence."""


def is_policy_file(path: str) -> bool:
    """Tell whether a path is one where a policy lies."""
    return path in {SYSTEM, OF_USER} or str(PurePosixPath(path).parent) == FOLDER


def read_policy(text: str) -> SignaturePolicy:
    """Read a policy; raises ``PolicyFileError``."""
    try:
        table = json.loads(text)
        scopes = table.get("transports", {}).get("docker", {})
        return SignaturePolicy(
            _requirement(table["default"]), tuple((scope, _requirement(each)) for scope, each in scopes.items())
        )
    except json.JSONDecodeError as error:
        raise PolicyFileError(f"this is no JSON ({error.msg})") from None
    except (AttributeError, KeyError, TypeError, IndexError):
        raise PolicyFileError("this is no policy: write default, and transports.docker where need be") from None


def _requirement(requirements: list[dict[str, str]]) -> PolicyRequirement:
    """Give the one requirement of a list; raises ``PolicyFileError`` for what looks at signatures."""
    try:
        (requirement,) = requirements
        return PolicyRequirement(requirement["type"])
    except ValueError:
        raise PolicyFileError(f"{json.dumps(requirements)} is not known: {_WHAT_IS_KNOWN}") from None
