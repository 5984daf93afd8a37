"""Programs by release: a CRI-O and what it needs, a kubelet, containerd and Podman.

In comes what was asked for, a release, a path or nothing; out goes where the programs lie and which release they say
they are. Nothing is started but ``--version``, and nothing is fetched.
"""
