#!/usr/bin/env python3
"""An RTSP camera on 127.0.0.1: rtsp-camera.py PORT (0 picks one). Prints "port N", or "skip REASON"."""

import sys


def skip(reason):
    print(f"skip {reason}", flush=True)
    sys.exit(0)


try:
    import gi

    gi.require_version("Gst", "1.0")
    gi.require_version("GstRtspServer", "1.0")
    from gi.repository import GLib, Gst, GstRtspServer
except (ImportError, ValueError) as error:
    skip(f"{error} (python3-gi, gir1.2-gst-rtsp-server-1.0)")

Gst.init(None)
ENCODERS = {
    "x264enc": "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 bitrate=1000 ! rtph264pay",
    "openh264enc": "openh264enc gop-size=30 bitrate=1000000 ! rtph264pay",
}
encoder = next((name for name in ENCODERS if Gst.ElementFactory.find(name)), None)
if not encoder:
    skip("no H.264 encoder is installed (gstreamer1.0-plugins-ugly or -bad)")

factory = GstRtspServer.RTSPMediaFactory()
factory.set_shared(True)
factory.set_launch(
    "( videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width=640,height=360,framerate=25/1"
    f" ! {ENCODERS[encoder]} name=pay0 pt=96 config-interval=-1 )"
)
server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service(sys.argv[1])
server.get_mount_points().add_factory("/camera", factory)
if not server.attach(None):
    sys.exit("the port is in use")
print(f"port {server.get_bound_port()}", flush=True)
GLib.MainLoop().run()
