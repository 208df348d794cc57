"""A lock with an address of its own: it opens for a POST to /open with its token.

Usage: lock.py PORT FILE. FILE gets a line for each request: method, path, status and body.
"""

import http.server
import sys


class Lock(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        is_known = self.headers.get("Authorization") == "Bearer sesame"
        status = 404 if self.path != "/open?door=1" else 204 if is_known else 403
        with open(sys.argv[2], "a") as file:
            file.write(f"{self.command} {self.path} {status} {self.headers.get('Content-Type')} {body}\n")
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Lock).serve_forever()
