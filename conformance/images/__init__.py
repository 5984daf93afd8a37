"""Images, indexes and artifacts as bytes, the ugly ones among them.

In come files and what is odd about them, out go manifests, configs and layers as a registry stores them. No host is
needed, nothing is written, and the same input gives the same digests.
"""
