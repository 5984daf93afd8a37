"""One step of ``git bisect run``: what was built is played, kept, and compared with the good commit.

``python -m conformance.replay.git_step STORY BINARY FOLDER``, in the checkout; exits with what git-bisect(1) wants.
"""

import subprocess
import sys
from pathlib import Path

from conformance.node import NodeError
from conformance.releases.installation import RuntimeNotFoundError
from conformance.replay.behaviour import behaviour_of, is_alike
from conformance.replay.git_bisection import BAD, GOOD, LEVEL, SKIP, keep_behaviour, kept_behaviour
from conformance.replay.judgement import ScenarioVerdict
from conformance.replay.replay import replay
from conformance.scenario.scenario_reader import read_scenario
from conformance.targets.choice import choose_target


def main(story: str, binary: str, folder: str) -> int:
    """Play the scenario on the binary; give the exit code."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    try:
        played = replay(read_scenario(Path(story)), choose_target(str(Path(binary).absolute())))
    except (NodeError, RuntimeNotFoundError) as error:
        print(error, file=sys.stderr)
        return SKIP
    if played.judgement.verdict is ScenarioVerdict.SKIPPED or not played.results:
        print(*played.judgement.lines, file=sys.stderr)
        return SKIP
    done = behaviour_of(played)
    keep_behaviour(Path(folder), commit, done)
    level = Path(folder, LEVEL)
    if not level.exists():
        return GOOD
    name, good = level.read_text().splitlines()
    sound = kept_behaviour(Path(folder), good)
    return GOOD if sound is not None and is_alike(name, sound, done) else BAD


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
