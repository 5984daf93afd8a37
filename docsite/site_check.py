"""The site as it came out: every link leads somewhere, and nothing is fetched from another server.

``python -m docsite.site_check site`` says what is wrong, a line each, and ends with 1; 2 where there is no site.
"""

import re
import sys
from collections.abc import Iterator
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LINKS = {"a": "href", "area": "href"}
"""What a reader may follow, to wherever it leads."""

FETCHED = ("src", "srcset", "poster", "data", "href", "xlink:href", "action", "formaction")
"""Attributes by which a page has a browser fetch something, where the element is no link."""

HARMLESS = ("data:", "blob:", "#")
FETCHED_BY_STYLE = re.compile(r"(?:url\(|@import\s)\s*[\"']?([^\"')\s;]+)")
DRAWN_BY_A_SERVER = "mermaid"
"""The class of what Material has the browser fetch a program for."""


class Page(HTMLParser):
    """What a page has: ``anchors``, ``links`` of a reader, and what a browser has to fetch for it (``fetched``)."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors = {"", "top"}  # the page itself, as HTML has it
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.classes: set[str] = set()
        self._in_style = False
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Note what an element has."""
        given = {name: value or "" for name, value in attributes}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        self.classes |= set(given.get("class", "").split())
        self.fetched += FETCHED_BY_STYLE.findall(given.get("style", ""))
        self._in_style = tag == "style"
        if tag in LINKS:
            self.links += [given[LINKS[tag]]] if LINKS[tag] in given else []
            return
        if tag == "link" and given.get("rel") in {"canonical", "next", "prev"}:
            self.links.append(given["href"])
            return
        for name in FETCHED:
            if name in given:
                self.fetched += re.findall(r"\S+", given[name].partition(" ")[0]) if name == "srcset" else [given[name]]

    def handle_data(self, data: str) -> None:
        """Note what a style sheet within the page fetches."""
        if self._in_style:
            self.fetched += FETCHED_BY_STYLE.findall(data)
            self._in_style = False


class Site:
    """The folder of a site, and what is wrong in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()

    @cached_property
    def pages(self) -> dict[Path, Page]:
        """Its pages, by their files."""
        return {path: Page(path) for path in sorted(self.folder.rglob("*.html"))}

    def mistakes(self) -> Iterator[str]:
        """Give what is wrong, in a sentence each."""
        for path, page in self.pages.items():
            yield from (f"{self._told(path)}: {each}" for each in self._mistakes_of(path, page))
        for path in sorted(self.folder.rglob("*.css")):
            for target in FETCHED_BY_STYLE.findall(path.read_text(encoding="utf-8")):
                yield from (f"{self._told(path)}: {each}" for each in self._fetched_wrongly(path, target))

    def _mistakes_of(self, path: Path, page: Page) -> Iterator[str]:
        for link in dict.fromkeys(page.links):
            if not urlsplit(link).scheme and (lacking := self._lacking(path, link)):
                yield f"the link {link} leads nowhere: there is no {lacking}"
        for target in dict.fromkeys(page.fetched):
            yield from self._fetched_wrongly(path, target)
        if DRAWN_BY_A_SERVER in page.classes:
            yield f"what has the class {DRAWN_BY_A_SERVER} is drawn by a program from another server"

    def _fetched_wrongly(self, path: Path, target: str) -> Iterator[str]:
        if target.startswith(HARMLESS):
            return
        if urlsplit(target).scheme or target.startswith("//"):
            yield f"{target} is fetched from another server"
        elif lacking := self._lacking(path, target):
            yield f"{target} is to be fetched, and there is no {lacking}"

    def _lacking(self, path: Path, link: str) -> str | None:
        """Give what a link within the site leads to and is not there; none where all is."""
        parts = urlsplit(link)
        place = unquote(parts.path)
        base = self.folder if place.startswith("/") else path.parent
        target = (base / place.lstrip("/")).resolve() if place else path
        target = target / "index.html" if target.is_dir() else target
        if not target.is_file():
            return self._told(target)
        if target in self.pages and (anchor := unquote(parts.fragment)) not in self.pages[target].anchors:
            return f"{anchor} in {self._told(target)}"
        return None

    def _told(self, path: Path) -> str:
        return str(path.relative_to(self.folder)) if path.is_relative_to(self.folder) else str(path)


def main(arguments: list[str]) -> int:
    """Check the site in a folder; give the exit code."""
    if len(arguments) != 1 or not (Path(arguments[0]) / "index.html").is_file():
        sys.stderr.write("usage: python -m docsite.site_check SITE, a folder with an index.html\n")
        return 2
    site = Site(Path(arguments[0]))
    mistakes = list(site.mistakes())
    sys.stdout.writelines(f"{each}\n" for each in mistakes)
    sys.stdout.write(f"{len(site.pages)} pages, {len(mistakes)} mistakes\n")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
