"""What any CRI runtime must do: CRI-O and containerd are both held to these cases.

Stated is what the CRI (api.proto), the image-spec and the distribution-spec say of PullImage, the store and the
runtime's own answers. Nothing here depends on a search list or on a runtime's words: every name is a full one.
"""
