"""What a kubelet makes of it: pull policies, and what a pod's author reads in states and events.

Stated is what our sync of a pod (``PodSync``), and a real kubelet on static pods, ask of CRI-O and tell the user. No
API server takes part; what CRI-O itself answers to such calls is in ``volumes`` and ``pulls``.
"""
