#!/usr/bin/python3
"""Shows a stream of Sightline, or of any other server of WHEP, until it is interrupted.

watch.py http://HOST:8080/whep/camera [SINK]      with a key: http://HOST:8080/key/KEY/whep/camera
SINK is what GStreamer does with the picture (a window, without one). Needs python3-gi, gir1.2-gst-plugins-bad-1.0, and the
packages that Sightline itself needs.
"""
import sys, time
from urllib import error, parse, request
import gi

gi.require_version("Gst", "1.0"), gi.require_version("GstSdp", "1.0"), gi.require_version("GstWebRTC", "1.0")
from gi.repository import Gst, GstSdp, GstWebRTC

WANTED = (
    "application/x-rtp,media=video,clock-rate=90000,encoding-name=VP8,payload=96;"
    "application/x-rtp,media=video,clock-rate=90000,encoding-name=H264,payload=97,"
    "packetization-mode=(string)1,profile-level-id=(string)42e01f"
)
Gst.init(None)
url = sys.argv[1]
sink = sys.argv[2] if len(sys.argv) > 2 else "autovideosink"
pipeline = Gst.parse_launch(f"webrtcbin name=webrtc bundle-policy=max-bundle ! decodebin ! videoconvert ! {sink}")
webrtc = pipeline.get_by_name("webrtc")
pipeline.set_state(Gst.State.PLAYING)
webrtc.emit("add-transceiver", GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY, Gst.Caps.from_string(WANTED))
webrtc.emit("create-offer", None, promise := Gst.Promise.new())
promise.wait()
reply = promise.get_reply()
webrtc.emit("set-local-description", reply.get_value("offer"), None)
while webrtc.get_property("ice-gathering-state") != GstWebRTC.WebRTCICEGatheringState.COMPLETE:
    time.sleep(0.05)
offer = webrtc.get_property("local-description").sdp.as_text()
try:
    answer = request.urlopen(request.Request(url, offer.encode(), {"Content-Type": "application/sdp"}))
except error.HTTPError as refusal:
    sys.exit(f"{refusal}: {refusal.read().decode(errors='replace')}")
sdp = GstSdp.SDPMessage.new_from_text(answer.read().decode())[1]
webrtc.emit("set-remote-description", GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, sdp), None)
print("Watching", flush=True)

try:
    while not (message := pipeline.get_bus().timed_pop_filtered(Gst.SECOND // 5, Gst.MessageType.ERROR)):
        pass
    print(message.parse_error()[0].message, file=sys.stderr)
except KeyboardInterrupt:
    pass
try:
    request.urlopen(request.Request(parse.urljoin(url, answer.headers["Location"]), method="DELETE"))
except error.HTTPError as refusal:
    print(f"The session had ended: {refusal}", file=sys.stderr)
pipeline.set_state(Gst.State.NULL)
