"""Signature policies (containers-policy.json(5)): what may be pulled and mounted, by the image's name.

Stated is which policy counts for which pod, what it accepts and rejects, and how a rejection is told. No signature is
made or verified here; pull policies are a kubelet's, and in ``kubelet``.
"""
