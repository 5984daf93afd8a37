"""Programs by release: a CRI-O and what it needs, a kubelet, containerd and Podman; found, or fetched from upstream.

In comes what was asked for, a release, a path or nothing; out goes where the programs lie and which release they say
they are. What was fetched lies in the user's cache, whole and verified; nothing is started but ``--version``.
"""
