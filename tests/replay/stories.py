"""Scenarios for tests, as texts."""

EIGHTY_SEVEN_EIGHTY = """\
title = "When a pull fails, the error says for each registry asked why it did not serve."
upstream = ["cri-o/cri-o#8780"]

[crio]
short_name_mode = "disabled"

[[file]]
path = "/etc/containers/registries.conf"
text = '''
unqualified-search-registries = ["docker.io", "quay.io"]
'''

[[host]]
name = "docker.io"

[[host.repository]]
name = "rhuss/caikit-flan-t5-small"
content = "foreign index"

[[host]]
name = "quay.io"

[[host.repository]]
name = "rhuss/caikit-flan-t5-small"
private_to = "somebody"

[[call]]
do = "pull"
name = "rhuss/caikit-flan-t5-small"

[call.expect]
asked = ["docker.io", "quay.io"]
reasons = { "docker.io" = "no matching platform", "quay.io" = "unauthorized" }

[[call.seen]]
releases = ">=1.31"
upstream = "cri-o/cri-o#8780"
why = "only the last registry's error is reported"
asked = ["docker.io", "quay.io"]
reasons = { "quay.io" = "unauthorized" }
"""

ALL_CALLS = """\
[logins]
"quay.io" = "reader"

[[host]]
name = "quay.io"

[[host.repository]]
name = "team/app"
content = "index"
tags = ["v1", "v2"]
private_to = "reader"

[[host]]
name = "two.example.com"
reached = "refused"

[[call]]
do = "pull"
name = "quay.io/team/app:v1"
expect = { succeeds = true, asked = ["quay.io"], repositories = ["quay.io/team/app"] }

[[call]]
do = "status"
name = "quay.io/team/app:v1"
expect = { found = true, tags = ["quay.io/team/app:v1"], asked = [] }

[[call]]
do = "pull"
name = "two.example.com/team/app"
expect = { succeeds = false, error_has = ["connection refused"], error_lacks = ["unauthorized"] }

[[call]]
do = "pod"
volume = [{ image = "quay.io/team/app:v1", at = "/volume" }]
expect = { succeeds = true, waiting = "" }

[[call]]
do = "remove"
name = "quay.io/team/app:v1"
expect = { succeeds = true }

[[call]]
do = "list"
expect = { tags = [] }

[[call]]
do = "reload"
expect = { succeeds = true }

[[call.file]]
path = "/etc/containers/registries.conf"
text = '''
unqualified-search-registries = ["quay.io"]
'''

[[call]]
do = "pull"
name = "team/app:v2"
expect = { succeeds = true, image_from = ["quay.io"], tags = ["quay.io/team/app:v2"] }

[[call]]
do = "reload"
expect = { succeeds = false, error_has = ["Unable to reload configuration"] }

[[call.file]]
path = "/etc/containers/registries.conf"
text = "unqualified-search-registries = ["

[[call]]
do = "restart"
"""
