"""The store: by which names, digests and IDs images and artifacts are found, listed and removed.

Stated is what ImageStatus, ListImages and RemoveImage answer of what was pulled, and that no registry is asked for it.
How it came there is in ``pulls``; what holds on to an image, a container or a volume, is in ``volumes``.
"""
