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
    "x264enc": "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 bitrate=1000",
    "openh264enc": "openh264enc gop-size=30 bitrate=1000000",
}
encoder = next((name for name in ENCODERS if Gst.ElementFactory.find(name)), None)
if not encoder:
    skip("no H.264 encoder is installed (gstreamer1.0-plugins-ugly or -bad)")

PICTURE = "videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width=640,height=360,framerate=25/1"
TONE = "audiotestsrc is-live=true volume=0.3 samplesperbuffer=160 ! audio/x-raw,rate=8000,channels=1"
H264 = f"{PICTURE} ! {ENCODERS[encoder]} ! video/x-h264,profile=constrained-baseline ! rtph264pay config-interval=-1"



def h264(profile, settings, picture=PICTURE):
    return (f"{picture} ! x264enc speed-preset=ultrafast key-int-max=30 {settings} ! video/x-h264,profile={profile}"
            " ! rtph264pay config-interval=-1 name=pay0 pt=96")


# What the camera has, by path.
MEDIA = {
    "/main": h264("main", "bframes=0 cabac=true"),
    "/b-frames": h264("main", "bframes=2 b-adapt=false"),
    "/high": h264("high", "bframes=0 dct8x8=true"),
    "/high-4-2-2": h264("high-4:2:2", "bframes=0", PICTURE.replace("I420", "Y42B")),
    "/interlaced": h264("main", "bframes=0 interlaced=true", PICTURE.replace(",framerate", ",interlace-mode=interleaved,framerate")),
    "/vp8": f"{PICTURE} ! vp8enc deadline=1 cpu-used=8 ! rtpvp8pay name=pay0 pt=96",
    "/camera": f"{H264} name=pay0 pt=96",
    "/sound": f"{H264} name=pay0 pt=96 {TONE} ! mulawenc ! rtppcmupay name=pay1 pt=0",
    # Sound that nothing decodes.
    "/gibberish": f"{H264} name=pay0 pt=96 {TONE} ! mulawenc ! capssetter join=false replace=true caps=audio/x-bv,mode=16"
    " ! rtpbvpay name=pay1 pt=97",
}

server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service(sys.argv[1])
for path, launch in MEDIA.items():
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_shared(True)
    factory.set_launch(f"( {launch} )")
    server.get_mount_points().add_factory(path, factory)
if not server.attach(None):
    sys.exit("the port is in use")
print(f"port {server.get_bound_port()}", flush=True)
GLib.MainLoop().run()
