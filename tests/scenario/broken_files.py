"""Scenario files that are wrong, each with the line, and the end of the sentence that says so."""

from typing import NamedTuple

SOUND = """\
title = "A pull of what is there succeeds."
upstream = ["cri-o/cri-o#8780"]

[crio]
short_name_mode = "disabled"

[logins]
"quay.io" = "reader"

[[file]]
path = "/etc/containers/registries.conf"
text = '''
unqualified-search-registries = ["quay.io"]
'''

[[host]]
name = "quay.io"

[[host.repository]]
name = "team/app"
content = "index"
private_to = "reader"

[[call]]
do = "pull"
name = "team/app"

[call.expect]
succeeds = true
asked = ["quay.io"]

[[call.seen]]
releases = ">=1.31"
succeeds = false
"""


class BrokenFile(NamedTuple):
    """What is put in the place of what; on which line that is found, and what is said about it."""

    old: str
    new: str
    line: int
    said: str


BROKEN = {
    "no TOML": BrokenFile("[crio]", "[crio", 4, "this is no TOML"),
    "unknown key": BrokenFile("title =", "titel =", 1, "titel: there is no such key; did you mean title?"),
    "unknown key of a host": BrokenFile(
        'content = "index"',
        'contents = "index"',
        21,
        "repository[0].contents: there is no such key; did you mean content?",
    ),
    "missing key": BrokenFile('name = "quay.io"\n', "", 16, "host[0]: the key name is missing"),
    "wrong type": BrokenFile(
        'private_to = "reader"', "private_to = 3", 22, "private_to: this is a whole number, and a text is wanted"
    ),
    "text for a list": BrokenFile('asked = ["quay.io"]', 'asked = "quay.io"', 30, "and a list is wanted"),
    "unknown call": BrokenFile('do = "pull"', 'do = "push"', 25, "call[0].do: 'push' is none of the values; write one"),
    "no call said": BrokenFile('do = "pull"\n', "", 24, "call[0]: the key do is missing"),
    "unknown content": BrokenFile(
        'content = "index"', 'content = "indices"', 21, "'indices' is none of the values; write one of image,"
    ),
    "unknown reason": BrokenFile(
        "succeeds = true",
        'reasons = { "quay.io" = "angry" }',
        29,
        "'angry' is none of the values; write one",
    ),
    "unknown mode": BrokenFile('"disabled"', '"off"', 5, "crio.short_name_mode: 'off' is none of"),
    "no host": BrokenFile('name = "quay.io"', 'name = "quay.io/team"', 17, "is no registry host"),
    "no repository": BrokenFile('name = "team/app"\nc', 'name = "Team/app:1"\nc', 20, "is no repository on quay.io"),
    "no failure": BrokenFile(
        'name = "quay.io"\n', 'name = "quay.io"\nfails = 200\n', 18, "200 is no HTTP status of a failure"
    ),
    "a path elsewhere": BrokenFile("/etc/containers", "/opt/containers", 11, "lies neither below /etc/ nor"),
    "no release range": BrokenFile('">=1.31"', '"since 1.31"', 33, "'since 1.31' is no range of releases"),
    "no issue": BrokenFile("cri-o/cri-o#8780", "8780", 2, "upstream[0]: '8780' is no issue: write it as"),
    "not of this call": BrokenFile("succeeds = true", "found = true", 29, "found: this is not seen of the call pull"),
    "nothing stated": BrokenFile("succeeds = false\n", "", 32, "call[0].seen[0]: this states nothing"),
    "a host twice": BrokenFile("[[call]]", '[[host]]\nname = "quay.io"\n\n[[call]]', 25, "quay.io is there twice"),
    "always TLS": BrokenFile(
        'name = "quay.io"\n', 'name = "quay.io"\nreached = "refused"\n', 18, "quay.io is always reached by TLS"
    ),
    "a departure from nothing": BrokenFile(
        '[call.expect]\nsucceeds = true\nasked = ["quay.io"]\n', "", 29, "call[0].seen: this departs from nothing"
    ),
    "no digest": BrokenFile(
        'do = "pull"\n', 'do = "pull"\ndigest = "index one"\n', 26, "'index one' is no content: write index 1"
    ),
    "a phrase of two lines": BrokenFile(
        'name = "quay.io"\n',
        'name = "quay.io"\n\n[[host.answer]]\nto = "manifest"\nphrase = "a\\nb"\n',
        21,
        "has what no reason phrase can: leave out line ends",
    ),
    "a header of two lines": BrokenFile(
        'name = "quay.io"\n',
        'name = "quay.io"\n\n[[host.answer]]\nto = "manifest"\nheaders = { "A" = "x\\r\\ny" }\n',
        21,
        "has what no header can: leave out line ends",
    ),
    "a header's name": BrokenFile(
        'name = "quay.io"\n',
        'name = "quay.io"\n\n[[host.answer]]\nto = "manifest"\nheaders = { "a b" = "x" }\n',
        21,
        "'a b' is no name of a header",
    ),
    "a folder for a file": BrokenFile("/registries.conf", "/registries.conf.d", 11, "is no path of a file"),
    "a path with dots": BrokenFile("/etc/containers/", "/etc/./containers/", 11, "is no path of a file"),
    "a file below a file": BrokenFile(
        "[[host]]",
        "[[file]]\npath = '/etc/containers/registries.conf/b'\ntext = ''\n\n[[host]]",
        17,
        "/etc/containers/registries.conf is a file of this scenario",
    ),
    "a status on the way": BrokenFile(
        'name = "quay.io"\n',
        'name = "quay.io"\n\n[[host.answer]]\nto = "manifest"\nstatus = 101\n',
        21,
        "101 is no HTTP status that ends a request",
    ),
    "no tag": BrokenFile('content = "index"', 'tags = ["a:b"]', 21, "tags[0]: 'a:b' is no tag"),
    "content of what is empty": BrokenFile(
        'content = "index"', 'content = "index"\nempty = true', 22, "an empty repository has no content"
    ),
}
