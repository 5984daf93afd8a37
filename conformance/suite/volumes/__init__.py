"""Images and artifacts as volumes (KEP-4639): which is mounted, where, what a container sees, and what is left of it.

Stated is what is seen inside a running container, or why there is none, and what the node has on record. Pull policies,
and a real kubelet's own words, are in ``kubelet``; signature policies of volumes are in ``policy``.
"""
