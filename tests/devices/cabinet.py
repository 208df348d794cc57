"""A swap cabinet's controller as a station has it: its state as JSON over HTTP.

Usage: cabinet.py PORT FILE. `GET /status` answers what FILE holds at that moment.
"""

import http.server
import sys


class Controller(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open(sys.argv[2], "rb") as file:
            state = file.read()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(state)))
        self.end_headers()
        self.wfile.write(state)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Controller).serve_forever()
