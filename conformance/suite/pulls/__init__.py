"""How a pull goes once its name is read: platforms, logins, mirrors, other locations, TLS, damaged content, and errors.

Stated is who is asked for what and as whom, which image comes of it, and what the error says of each registry. What the
store then knows of the image is in ``store``, whether a policy lets it in is in ``policy``.
"""
