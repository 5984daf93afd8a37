"""What a node is like: which CRI-O it has, and what its configuration and authentication files say.

In come options and the files of this machine, or copies of another's; out come the settings of the model, and where
each is known from. Nothing is asked but a CRI-O for its release.
"""
