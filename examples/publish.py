#!/usr/bin/python3
"""Publishes what a GStreamer pipeline makes to Sightline, or any other server of WHIP, until it is interrupted.

publish.py http://HOST:8080/whip/camera [PIPELINE]      with a key: http://HOST:8080/key/KEY/whip/camera
PIPELINE ends in RTP, with a payload type. Needs python3-gi, gir1.2-gst-plugins-bad-1.0, and the packages that Sightline itself needs.
"""
import sys, threading, time
from urllib import error, parse, request
import gi

gi.require_version("Gst", "1.0"), gi.require_version("GstSdp", "1.0"), gi.require_version("GstWebRTC", "1.0")
from gi.repository import Gst, GstSdp, GstWebRTC

PICTURE = "videotestsrc is-live=true ! video/x-raw,width=640,height=360,framerate=30/1 ! vp8enc deadline=1 keyframe-max-dist=2000"
RTP = "application/x-rtp,media=video,encoding-name=VP8,payload=96,clock-rate=90000"
Gst.init(None)
url = sys.argv[1]
source = sys.argv[2] if len(sys.argv) > 2 else f"{PICTURE} ! rtpvp8pay picture-id-mode=15-bit ! {RTP}"
pipeline = Gst.parse_launch(f"{source} ! webrtcbin name=webrtc bundle-policy=max-bundle")
webrtc = pipeline.get_by_name("webrtc")
has_caps = threading.Event()
webrtc.connect("on-negotiation-needed", lambda _: has_caps.set())
pipeline.set_state(Gst.State.PLAYING)
has_caps.wait()

webrtc.emit("get-transceiver", 0).set_property("direction", GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY)
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
print("Publishing", flush=True)

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
