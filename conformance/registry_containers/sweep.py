"""``python -m conformance.registry_containers.sweep``: what killed runs of this user left is removed."""

import sys

from conformance.registry_containers.engine import RegistryContainerError, engine
from conformance.registry_containers.owner import remove_leftover_containers


def main() -> int:
    """Remove them and name them; give the exit code: 1 where there is no Docker engine to ask."""
    try:
        with engine() as client:
            for name in remove_leftover_containers(client):
                print(f"removed {name}")
    except RegistryContainerError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
