"""The log of the simulator: its lines are those of CRI-O."""

import pytest

from tests.simulator.served_simulator import NAME, Run, offered, refusal, simulated


@pytest.mark.parametrize("release", ["1.31.13", "1.33.13", "1.34.11", "1.36.3"])
def test_the_log_tells_a_pull_as_cri_o_does(release: str) -> None:
    with simulated(release) as run:
        offered(run)
        reference = run.pull(NAME)
        lines = [line for line in run.lines() if line.level == "info"]
        trying = [f'Trying to access "{host}/{NAME}:latest"' for host in ("docker.io", "docker.io", "quay.io")]
        expected = [
            f"Pulling image: {NAME}",
            f'Resolving "{NAME}" using unqualified-search registries (/etc/containers/registries.conf.d/crio.conf)',
            *(trying if release >= "1.33" else trying[1:]),
            f"Pulled image: {reference}",
        ]
        told = [line.message for line in lines if not line.message.startswith("Falling back")]
        assert told == expected
        fields = {line.fields.get("name") for line in lines}
        assert fields == {None, "/runtime.v1.ImageService/PullImage"}
        assert len({line.request_id for line in lines} - {""}) == 1
        assert all(line.request_id == "" for line in lines if line.message.startswith(("Trying", "Resolving")))


SECRET = 'h,unter"2'

PRINTED = {
    "1.33.13": (
        "Request: &PullImageRequest{Image:&ImageSpec{Image:quay.io/team/app,Annotations:map[string]string{},"
        'UserSpecifiedImage:,RuntimeHandler:,},Auth:&AuthConfig{Username:me,Password:h,unter"2,Auth:,ServerAddress:,'
        "IdentityToken:,RegistryToken:,},SandboxConfig:nil,}"
    ),
    "1.36.3": (
        'Request: *v1.PullImageRequest: image:{image:"quay.io/team/app"}  auth:{username:"me"  password:"h,unter\\"2"}'
    ),
}


@pytest.mark.parametrize("release", PRINTED)
@pytest.mark.parametrize("debug", [True, False])
def test_at_level_debug_the_password_is_printed_as_cri_o_prints_it(release: str, debug: bool) -> None:
    with simulated(release, debug=debug) as run:
        offered(run)
        refusal(run.pull, f"quay.io/{NAME}", username="me", password=SECRET)
        messages = [line.message for line in run.lines()]
    assert (PRINTED[release] in messages) is debug
    assert any(SECRET in message for message in messages) is (debug and release == "1.33.13")
    assert any("unter" in message for message in messages) is debug


def test_a_failed_call_is_told_at_level_debug(run: Run) -> None:
    error = refusal(run.pull, NAME)
    told = [line.message for line in run.lines()]
    assert f"Response error: {error.message}" in told
    assert f"Error pulling image quay.io/{NAME}:latest: {error.message}" in told


def test_what_is_not_there_is_told(run: Run) -> None:
    run.status(NAME)
    told = [line.message for line in run.lines()]
    assert f"Image {NAME} not found" in told
    assert f"Neither image nor artfiact {NAME} found" in told
