"""What ``--runtime`` and ``--kubelet`` name, fetched where it is not here. Nothing is imported that fetches before."""

from conformance.releases.download_options import DownloadOptions
from conformance.releases.installation import must_be_fetched
from conformance.releases.kubelet_binary import kubelet_must_be_fetched


def obtain_crio(runtime: str, options: DownloadOptions) -> str:
    """Give what ``--runtime`` names as it can be found here: itself, or the path of the ``crio`` that was fetched.

    ``auto`` fetches nothing. Raises ``RuntimeNotFoundError``.
    """
    if not must_be_fetched(runtime):
        return runtime
    from conformance.releases.fetching import fetch_crio  # noqa: PLC0415 (HTTP is heavy)

    return str(fetch_crio(runtime, options))


def obtain_kubelet(kubelet: str, options: DownloadOptions) -> str:
    """Give what ``--kubelet`` names likewise; raises ``RuntimeNotFoundError``."""
    if not kubelet_must_be_fetched(kubelet):
        return kubelet
    from conformance.releases.fetching import fetch_kubelet  # noqa: PLC0415 (HTTP is heavy)

    return str(fetch_kubelet(kubelet, options))
