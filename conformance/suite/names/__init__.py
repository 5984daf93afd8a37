"""What a name means: short and full names, aliases, search lists, short-name modes, and what is no name.

Stated is which registries are asked for a name, in which order, or how it is refused, and which file of registries.conf
decides. What a registry then answers, and how it is told, is in ``pulls``; names that volumes have are in ``volumes``.
"""
