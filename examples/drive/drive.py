#!/usr/bin/python3
"""Does what a page says to control:STREAM, and stops when it says nothing: drive.py SOCKET [STREAM]"""
import json, signal, socket, sys, time

SILENCE_S = 0.5


def move(right, ahead):  # what turns the motors goes here
    print(f"{right:+.2f} {ahead:+.2f}", flush=True)


if len(sys.argv) < 2:
    sys.exit(__doc__)
for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda *_: sys.exit())  # by way of "finally"
relay = socket.socket(socket.AF_UNIX)
relay.connect(sys.argv[1])
channel = f"control:{sys.argv[2] if len(sys.argv) > 2 else 'camera'}"
relay.sendall(json.dumps({"type": "subscribe", "id": 1, "channel": channel}).encode() + b"\n")
rest, moving, deadline, text = b"", False, 0.0, None
try:
    while text != b"":
        relay.settimeout(max(deadline - time.monotonic(), 0.001) if moving else None)
        try:
            text = relay.recv(65536)
        except TimeoutError:
            text = None
        *lines, rest = (rest + (text or b"")).split(b"\n")
        for said in map(json.loads, lines):
            if said["type"] == "message":
                move(float(said["data"]["x"]), float(said["data"]["y"]))
                moving, deadline = True, time.monotonic() + SILENCE_S
            elif said["type"] == "error":
                print(said["message"], file=sys.stderr)
            elif said["type"] == "holder" and said["holder"] is None:
                deadline = 0.0  # nobody drives any more
        if moving and time.monotonic() >= deadline:
            move(0, 0)
            moving = False
    sys.exit("Sightline has gone")
finally:  # whatever became of this program
    move(0, 0)
