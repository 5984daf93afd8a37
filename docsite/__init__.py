"""How ``docs/`` becomes a site: hooks of MkDocs, a check of what came out, and what the theme is given.

In come Markdown, the JSON schemas and CONTRIBUTING and CHANGELOG of the repository; out comes ``site/``.
"""
