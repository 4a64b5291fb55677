"""A merchant's server that judges every notice with the Python reference library of Standard Webhooks: 204, or 400.

    WEBHOOK_SECRET=whsec_… PYTHONPATH=python python3 receiver.py

It prints its port as one line, and ends when its stdin closes.
"""

import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["WEBHOOK_SECRET"])


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        # The body as it came: whoever parses it and writes it again signs something else.
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        try:
            webhook.verify(body, dict(self.headers.items()), json_parse=False)
        except WebhookVerificationError as error:
            self.answer(400, str(error))
        except Exception as error:
            self.answer(500, repr(error))
        else:
            self.answer(204, "")

    def answer(self, status, why):
        self.send_response(status)
        if status != 204:
            self.send_header("content-length", str(len(why.encode())))
        self.end_headers()
        if status != 204:
            self.wfile.write(why.encode())

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
