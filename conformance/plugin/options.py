"""The options of a run, and the markers of cases.

``--runtime`` says which CRI-O, ``--kubelet`` which kubelet, ``--cluster`` which cluster, ``--require`` what
they must be able to do, ``--registries`` where registry hosts keep their content, ``--stories`` which cases are told.
"""

import pytest

from conformance.releases.download_options import add_download_options

CAPABILITIES = (
    "live",
    "cri",
    "registries",
    "hermetic",
    "configurable",
    "logs",
    "pods",
    "containers",
    "bridge",
    "kubelet",
    "cluster",
)
TOLD_WHEN_FEW = 12
"""With ``--stories auto``, every case is told when at most so many were run."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add our options."""
    group = parser.getgroup("conformance", "CRI-O conformance")
    group.addoption(
        "--runtime",
        metavar="WHICH",
        help="the CRI-O to run: a release (1.36.3, 1.36, latest, main), which is fetched if it is not in the cache"
        " folder, the path of a crio binary, auto (crio on PATH, else the newest release in the cache folder, else a"
        " rehearsal on the simulator; the default), simulator:1.36, or container:NAME, the CRI-O of a node container;"
        " for contrast podman, containerd, or the socket of a CRI runtime that already runs, unix:///PATH",
    )
    group.addoption(
        "--kubelet",
        metavar="WHICH",
        help="the kubelet for the cases that need a real one: a path, or a release, which is fetched if it is not in"
        " the cache folder; by default the one there that suits the CRI-O best, if any",
    )
    add_download_options(group.addoption)
    group.addoption(
        "--cluster",
        metavar="WHICH",
        help="a cluster for the cases that a kubelet tells, too: world, which starts etcd, kube-apiserver and a kubelet"
        " beside each CRI-O; or the path of a kubeconfig: the run is about a node of that cluster, or with --runtime"
        " container:NAME, such nodes join it (docs/cluster.md)",
    )
    group.addoption(
        "--cluster-registry",
        metavar="ADDRESS:PORT",
        help="where on this machine a registry may listen that the nodes of somebody's cluster can pull from; without"
        " one, cases that need a registry are skipped",
    )
    group.addoption(
        "--oci-runtime",
        metavar="WHICH",
        help="the OCI runtime that CRI-O is to have, a name beside crio or on PATH (crun), or a path; by default runc,"
        " and crun where there is no runc",
    )
    group.addoption(
        "--allow-reload",
        action="store_true",
        help="for a CRI-O that already runs: write one file into its registries.conf.d, which redirects names below a"
        " prefix of the run's own, and have it reloaded; both are undone when the run ends",
    )
    group.addoption(
        "--mutant",
        metavar="NAME",
        help="give the simulator, or a CRI-O's containers, one fault, to see which cases find it",
    )
    group.addoption(
        "--model",
        choices=("strict", "report", "off"),
        help="what becomes of a difference between the model and the runtime: it fails the case, is told at the end, or"
        " is left out; by default strict, and report for a release line that the model does not know",
    )
    group.addoption(
        "--require",
        action="append",
        default=[],
        choices=CAPABILITIES,
        help="make it an error when the runtime cannot do this here, instead of skipping the cases that need it",
    )
    group.addoption(
        "--registries",
        choices=("memory", "containers"),
        default="memory",
        help="where registry hosts keep their content: in memory, or in a real registry in a container",
    )
    group.addoption("--registry-base", metavar="IMAGE", help="the image that this container's image is built from")
    group.addoption(
        "--evidence",
        metavar="DIR",
        help="the folder for what every case saw, in files that report and diff read; none keeps nothing; by default"
        " one for each run below ~/.local/state/crio-conformance/runs, the last 20",
    )
    group.addoption(
        "--stories",
        choices=("auto", "all", "none"),
        default="auto",
        help=f"tell what every case saw: always, never, or (auto) when at most {TOLD_WHEN_FEW} cases are run",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Describe our markers."""
    config.addinivalue_line("markers", "upstream(issue): the upstream issue or pull request that a case is about")
    config.addinivalue_line("markers", "cri: what any CRI runtime must do, CRI-O or not")
    config.addinivalue_line("markers", "cluster: what somebody's cluster can tell, whose nodes are left as they are")
    config.addinivalue_line("markers", "podman: what Podman, with CRI-O's library and another face, must do as well")
    config.addinivalue_line("markers", "releases(range, why): the CRI-O releases that a case speaks of, and why")
