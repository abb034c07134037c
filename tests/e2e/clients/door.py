"""What the clients in Python share: one HTTP exchange of WHEP or WHIP, lines in and out; see ../lib/doors.mjs."""

import json
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request


def tell(event, **rest):
    print(json.dumps({"event": event, **rest}), flush=True)


def skip(reason):
    tell("skip", reason=reason)
    sys.exit(0)


class Refused(Exception):
    pass


class Door:
    """The resource that a POST makes. Its methods block."""

    def __init__(self, options):
        self.options = options
        self.location = None
        self.etag = None
        self.posted_at = 0

    def _request(self, method, url, headers=None, body=None):
        headers = dict(headers or {})
        if self.options.get("token"):
            headers["Authorization"] = f"Bearer {self.options['token']}"
        request = urllib.request.Request(url, method=method, headers=headers, data=body and body.encode())
        try:
            with urllib.request.urlopen(request, timeout=20) as response:
                return response.status, response.headers, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode()

    def post(self, offer):
        """The answer to an offer; with "trickle" its candidates follow by PATCH."""
        candidates = []
        if self.options.get("trickle"):
            lines = offer.splitlines()
            first = offer.split("m=", 2)[1].splitlines()
            candidates = [line for line in first if line.startswith(("a=candidate", "a=end-of-candidates"))]
            fragment = [next(line for line in lines if line.startswith(f"a={name}")) for name in ("ice-ufrag", "ice-pwd")]
            fragment += [f"m={first[0].split()[0]} 9 UDP/TLS/RTP/SAVPF 0", next(line for line in first if line.startswith("a=mid"))]
            offer = "".join(f"{line}\r\n" for line in lines if not line.startswith(("a=candidate", "a=end-of-candidates")))
        self.posted_at = time.monotonic()
        status, headers, text = self._request("POST", self.options["url"], {"Content-Type": "application/sdp"}, offer)
        if status != 201:
            raise Refused(f"{status} {json.loads(text).get('detail')}")
        self.location = urllib.parse.urljoin(self.options["url"], headers["Location"])
        self.etag = headers["ETag"]
        if candidates:
            headers = {"Content-Type": "application/trickle-ice-sdpfrag", **({"If-Match": self.etag} if self.etag else {})}
            status, _, words = self._request("PATCH", self.location, headers, "\r\n".join(fragment + candidates) + "\r\n")
            if status != 204:
                raise Refused(f"{status} to PATCH: {words}")
        tell("answered", location=self.location, etag=self.etag)
        return text_with_crlf(text)

    def first(self):
        tell("first", ms=(time.monotonic() - self.posted_at) * 1000)

    def delete(self):
        return self._request("DELETE", self.location)[0]


def text_with_crlf(text):
    return "".join(f"{line}\r\n" for line in text.splitlines())


def read_commands(take):
    """Calls take(command, rest) for each line of standard input, on a thread of its own."""

    def read():
        for line in sys.stdin:
            command, _, rest = line.rstrip("\n").partition(" ")
            take(command, rest)

    threading.Thread(target=read, daemon=True).start()
