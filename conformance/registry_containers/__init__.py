"""Real registries in containers: built from ``fixtures/registry/``, started for one run, and gone after it.

In comes the name of a base image; out goes the address of a CNCF distribution registry on loopback, and its login. What
runs that were killed left in the Docker engine is found by its labels, and removed. Docker is loaded here only.
"""
