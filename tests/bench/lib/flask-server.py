#!/usr/bin/env python3
"""What the tutorials make: Flask-SocketIO hands each message on to everybody. Arguments: eventlet or gevent, port."""

import sys

mode, port = sys.argv[1], int(sys.argv[2])
if mode == "eventlet":
    import eventlet

    eventlet.monkey_patch()
else:
    from gevent import monkey

    monkey.patch_all()

from importlib.metadata import version  # noqa: E402

from flask import Flask  # noqa: E402
from flask_socketio import SocketIO, emit  # noqa: E402

app = Flask(__name__)
socketio = SocketIO(app, async_mode=mode)


@socketio.on("message")
def on_message(text):
    emit("message", text, broadcast=True)


print("version", version("flask-socketio"), mode, version(mode), flush=True)
socketio.run(app, host="127.0.0.1", port=port)
