"""One url at a time, from a server on this machine."""

import shutil
import socket
import ssl
import subprocess
import threading
import time

import pytest
from picture_server import picture, serving

from synthset.pools.addresses import is_public
from synthset.pools.fetch import FetchLimits, Refused, fetch


def got(url, allowed=lambda address: True, **limits):
    return fetch(url, FetchLimits(**limits), allowed)


def refused(url, **settings):
    with pytest.raises(Refused) as caught:
        got(url, **settings)
    return caught.value


def test_a_file_is_got_as_it_is_and_we_say_who_we_are(web):
    data = picture(7)
    assert got(web.put("/a.png?size=1%20x", data)) == data
    assert all(agent.startswith("synthset/") for agent in web.agents)


def test_blanks_and_letters_of_a_url_are_escaped(web):
    web.put("/a%20b/%C3%A9.png?q=%C3%A9", b"x")
    assert got(web.url + "/a b/é.png?q=é#part") == b"x"


def test_this_machine_is_not_asked(web):
    url = web.put("/a.png", picture(7))
    assert refused(url, allowed=is_public).reason == "private_address"
    assert web.asked.total() == 0


def test_a_redirect_to_an_address_that_may_not_be_asked_is_refused(web):
    near = web.put("/near", b"x")
    url = web.put("/far", status=302, Location=near.replace("127.0.0.1", "127.0.0.2"))
    assert refused(url, allowed=lambda a: str(a) == "127.0.0.1").reason == "private_address"
    assert web.asked == {"/far": 1}


def test_redirects_are_followed_and_counted(web):
    web.put("/end", b"x")
    for i in range(4):
        web.put(f"/{i}", status=302, Location="/end" if i == 3 else f"/{i + 1}")
    assert got(web.url + "/0", max_redirects=4) == b"x"
    assert refused(web.url + "/0", max_redirects=3).reason == "redirects"
    assert refused(web.put("/ftp", status=301, Location="ftp://x/y")).reason == "bad_url"


@pytest.mark.parametrize("status", [200, 302])
def test_an_opt_out_is_heeded_also_on_the_way(web, status):
    url = web.put("/a", b"x", status=status, X_Robots_Tag="noai", Location="/b")
    web.put("/b", b"x")
    fault = refused(url)
    assert (fault.reason, str(fault)) == ("opt_out", "noai")
    assert web.asked["/b"] == 0


@pytest.mark.parametrize(
    ("status", "passing"), [(404, False), (403, False), (429, True), (503, True), (204, False)]
)
def test_a_status_is_the_reason_and_some_may_pass(web, status, passing):
    fault = refused(web.put("/a", status=status, Retry_After="7"))
    assert (fault.reason, fault.passing, fault.wait_s) == (f"http_{status}", passing, 7.0)


def test_a_file_may_not_be_larger_than_it_should_whatever_the_server_says(web):
    said = refused(web.put("/a", b"x" * 11), max_bytes=10)
    assert (said.reason, str(said)) == ("too_large", "11 bytes")  # before any of them came
    unsaid = web.put("/b", [b"x" * 6, b"x" * 6], Content_Length="")
    assert refused(unsaid, max_bytes=10).reason == "too_large"
    assert got(web.put("/c", b"x" * 10), max_bytes=10) == b"x" * 10


def test_a_file_that_ends_early_is_no_file(web):
    fault = refused(web.put("/a", b"x" * 5, Content_Length="9"))
    assert (fault.reason, str(fault), fault.passing) == ("connection", "5 of 9 bytes", True)


def test_a_server_that_drips_is_left_in_time(web):
    begun = time.monotonic()
    assert refused(web.put("/a", [b"x"] * 100, Content_Length="100"), timeout_s=0.3).passing
    assert time.monotonic() - begun < 2


def test_headers_that_drip_do_not_last_longer():
    with socket.create_server(("127.0.0.1", 0)) as server:
        stop = threading.Event()

        def drip():
            with server.accept()[0] as peer:
                peer.sendall(b"HTTP/1.1 200 OK\r\n")
                while not stop.wait(0.05):
                    try:
                        peer.sendall(b"A: b\r\n")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        fault = refused(f"http://127.0.0.1:{server.getsockname()[1]}/", timeout_s=0.3)
        stop.set()
        thread.join()
    assert fault.reason == "timeout"


@pytest.mark.parametrize(
    "url", ["", "a.png", "file:///etc/passwd", "http://", "http://a:99999999/", "http://[::1/x"]
)
def test_what_is_no_url_of_the_web_is_not_asked(url):
    assert refused(url).reason == "bad_url"


def test_a_closed_port_and_an_unknown_host_may_be_tried_again(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert refused(f"http://127.0.0.1:{port}/").reason == "connection"

    def unknown(*_, **__):
        raise socket.gaierror("not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    fault = refused("http://no.example/")
    assert (fault.reason, fault.passing) == ("unknown_host", True)


@pytest.fixture
def secure(tmp_path):
    """A server with a certificate of its own making: its url, and a context that trusts it."""
    if not shutil.which("openssl"):
        pytest.skip("needs openssl to make a certificate")
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key]
    subprocess.run([*made, "-out", cert, *names], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    with serving(context) as web:
        web.url = web.url.replace("http://127.0.0.1", "https://localhost")
        yield web, ssl.create_default_context(cafile=cert)


def test_certificates_are_checked_by_the_name_in_the_url(secure, monkeypatch):
    web, trusting = secure
    url = web.put("/a.png", b"x")
    assert refused(url).reason == "certificate"
    monkeypatch.setattr("synthset.pools.fetch._context", lambda: trusting)
    assert got(url) == b"x"
    assert refused(url.replace("localhost", "127.0.0.1")).reason == "certificate"
