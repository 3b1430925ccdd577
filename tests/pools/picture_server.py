"""A web of pictures on this machine."""

import threading
import time
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

from synthset.images import encode


def picture(level, image_format="png"):
    return encode(np.full((4, 6, 3), level, np.uint8), image_format)


class Web:
    """Pages by path: (status, headers, body), or a function of the number of times it was asked."""

    def __init__(self):
        self.pages, self.asked, self.agents, self.url = {}, Counter(), set(), ""

    def put(self, path, body=b"", status=200, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = lambda times: (status, named, body)
        return self.url + path


def handler_of(web):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            web.asked[self.path] += 1
            web.agents.add(self.headers["User-Agent"])
            status, headers, body = web.pages.get(self.path, lambda times: (404, {}, b""))(
                web.asked[self.path]
            )
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if "Content-Length" not in headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            for piece in body if isinstance(body, list) else [body]:
                try:
                    self.wfile.write(piece)
                    self.wfile.flush()
                except OSError:
                    return
                if isinstance(body, list):
                    time.sleep(0.05)

        def log_message(self, *_):
            pass

    return Handler


@contextmanager
def serving(context=None):
    """Serve in a thread; with an SSL context, by https."""
    web = Web()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(web))
    server.handle_error = lambda *_: None  # clients leave early on purpose
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    web.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
