"""Mirrors and proxies that are no URLs: refused before anything is fetched, without the login in them."""

import pytest

from conformance.releases.download_options import DownloadOptionError, DownloadOptions

WRONG = {
    "": "''",
    "bogus": "'bogus'",
    "ftp://x": "'ftp://x'",
    "file:///var/mirror": "'file:///var/mirror'",
    "http://": "'http://'",
    "http:///path": "'http:///path'",
    "http://[::1": "'http://[::1'",
    "http://mirror.example:port": "'http://mirror.example:port'",
    "http://mirror.example ": "'http://mirror.example '",
    "user:secret@mirror.example": "'***@mirror.example'",
    "http://user:sec/ret@mirror.example": "'http://***@mirror.example'",
    "http://user:sec ret@mirror.example": "'http://***@mirror.example'",
}
ADVICE = "is no server's URL: write a URL that begins with http:// or https://"


@pytest.mark.parametrize("option", ["crio_mirror", "kubernetes_mirror", "etcd_mirror", "download_proxy"])
@pytest.mark.parametrize("url", WRONG)
def test_an_option_that_is_no_url_is_refused(option: str, url: str) -> None:
    with pytest.raises(DownloadOptionError) as refused:
        DownloadOptions(**{option: url})
    assert str(refused.value) == f"--{option.replace('_', '-')} {WRONG[url]} {ADVICE}"


@pytest.mark.parametrize("url", [url for url in WRONG if url])
def test_a_variable_that_is_no_url_is_refused_where_it_is_used(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRIO_CONFORMANCE_CRIO_MIRROR", url)
    monkeypatch.setenv("CRIO_CONFORMANCE_KUBERNETES_MIRROR", url)
    monkeypatch.setenv("CRIO_CONFORMANCE_ETCD_MIRROR", url)
    with pytest.raises(DownloadOptionError) as refused:
        _ = DownloadOptions().crio_url
    assert str(refused.value) == f"CRIO_CONFORMANCE_CRIO_MIRROR {WRONG[url]} {ADVICE}"
    with pytest.raises(DownloadOptionError, match="CRIO_CONFORMANCE_KUBERNETES_MIRROR "):
        _ = DownloadOptions().kubernetes_url
    with pytest.raises(DownloadOptionError, match="CRIO_CONFORMANCE_ETCD_MIRROR "):
        _ = DownloadOptions().etcd_url
    assert DownloadOptions("https://mirror.example/").crio_url == "https://mirror.example"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8765", "HTTPS://user:p%40ss@mirror.example/cri-o", "http://[::1]:80"]
)
def test_a_url_is_taken(url: str) -> None:
    assert DownloadOptions(url, url, url, url).etcd_url == url
