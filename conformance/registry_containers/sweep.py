"""``python -m conformance.registry_containers.sweep``: what killed runs of this user left is removed."""

import sys

from conformance.registry_containers.engine import NoRegistries, engine
from conformance.registry_containers.owner import sweep


def main() -> int:
    """Remove them and name them; give the exit code: 1 where there is no Docker engine to ask."""
    try:
        with engine() as client:
            for name in sweep(client):
                print(f"removed {name}")
    except NoRegistries as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
