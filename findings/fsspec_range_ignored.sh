#!/usr/bin/env bash
# fsspec 2026.9.0 over HTTP: cat_file(url, start, end) of a server that knows no ranges, and answers 200 with all of the
# file, gives all of the file, without a word. Whoever reads a part of a shard that way has the wrong bytes, and as many
# of them as the shard has. open(url), seek, read of the same server is an error that says so.
# Seen: "cat_file: 200 bytes of 10 asked for; open: ValueError"
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check fsspec==2026.9.0 aiohttp==3.14.5
"$work/env/bin/python" - <<'PY'
import http.server
import threading

import fsspec

BODY = bytes(range(200))


class Plain(http.server.BaseHTTPRequestHandler):
    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(BODY)

    def do_HEAD(self):
        self.answer(b"")

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Plain)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_address[1]}/shard"
system = fsspec.filesystem("http")
part = system.cat_file(url, start=10, end=20)
assert part == BODY
try:
    with system.open(url, "rb") as file:
        file.seek(10)
        opened = f"{len(file.read(10))} bytes"
except ValueError as error:
    assert "range requests" in str(error)
    opened = "ValueError"
told = f"cat_file: {len(part)} bytes of 10 asked for; open: {opened}"
print(told)
assert told == "cat_file: 200 bytes of 10 asked for; open: ValueError", "it has changed"
PY
