"""What the user is told when a pull fails."""

import pytest

from conformance.internet import RegistryHost
from conformance.model.reason import Reason
from conformance.runtime import Crio, Pull

NAME = "rhuss/caikit-flan-t5-small"


@pytest.fixture
def pull(runtime: Crio, docker_io: RegistryHost, quay_io: RegistryHost) -> Pull:
    """The story of #8780: docker.io has the image for another architecture only, quay.io says unauthorized."""
    docker_io.offer(NAME, platforms=["linux/arm64"])
    quay_io.require_login(NAME)
    return runtime.pull(NAME)


@pytest.mark.upstream("cri-o/cri-o#8780")
def test_a_foreign_architecture_sends_the_pull_to_the_next_registry(
    pull: Pull, docker_io: RegistryHost, quay_io: RegistryHost
) -> None:
    """An image that one registry has for another architecture only is looked for on the next one."""
    assert pull.asked == [docker_io, quay_io]


@pytest.mark.upstream("cri-o/cri-o#8780")
def test_the_error_explains_every_registry_that_was_asked(
    pull: Pull, docker_io: RegistryHost, quay_io: RegistryHost
) -> None:
    """When a pull fails, the error says for each registry asked why it did not serve."""
    assert pull.reasons == {docker_io: Reason.NO_MATCHING_PLATFORM, quay_io: Reason.UNAUTHORIZED}
