#!/usr/bin/env python3
"""GStreamer's webrtcbin as a client of WHEP and WHIP: webrtcbin-client.py OPTIONS, see ../lib/doors.mjs."""

import json
import sys
import threading

from door import Door, Refused, read_commands, skip, tell

try:
    import gi

    gi.require_version("Gst", "1.0")
    gi.require_version("GstWebRTC", "1.0")
    gi.require_version("GstSdp", "1.0")
    from gi.repository import GLib, Gst, GstSdp, GstWebRTC
except (ImportError, ValueError) as error:
    skip(f"{error} (python3-gi, gir1.2-gst-plugins-base-1.0, gir1.2-gst-plugins-bad-1.0)")

OPUS = "application/x-rtp,media=audio,encoding-name=OPUS,payload=111,clock-rate=48000,encoding-params=(string)2"
ENCODERS = {
    "VP8": "vp8enc deadline=1 cpu-used=8 keyframe-max-dist=2000 target-bitrate=1000000 ! rtpvp8pay picture-id-mode=15-bit",
    "VP9": "vp9enc deadline=1 cpu-used=8 keyframe-max-dist=2000 target-bitrate=1000000 ! rtpvp9pay picture-id-mode=15-bit",
    "H264": "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=2560 bitrate=1000"
    " ! video/x-h264,profile=constrained-baseline ! rtph264pay aggregate-mode=zero-latency config-interval=-1",
}
DECODERS = {"VP8": "rtpvp8depay ! vp8dec", "VP9": "rtpvp9depay ! vp9dec", "H264": "rtph264depay ! avdec_h264",
            "OPUS": "rtpopusdepay ! opusdec"}


def rtp(codec):
    return f"application/x-rtp,media=video,encoding-name={codec},payload=96,clock-rate=90000"


def taken(codec):
    return rtp(codec) + (",packetization-mode=(string)1,profile-level-id=(string)42e01f" if codec == "H264" else "")


class Client:
    def __init__(self, options, loop):
        self.options, self.loop = options, loop
        self.door = Door(options)
        self.counts = {"decoded": 0, "sound": 0, "sent": 0, "width": 0, "height": 0}
        self.channel = None
        self.pipeline = Gst.Pipeline()
        self.bin = Gst.parse_bin_from_description(self.describe(), False)
        self.pipeline.add(self.bin)
        self.webrtc = self.bin.get_by_name("webrtc")
        self.webrtc.connect("pad-added", self.on_pad_added)

    def describe(self):
        options = self.options
        text = "webrtcbin name=webrtc bundle-policy=max-bundle"
        if options.get("publish"):
            codec = options.get("codec") or "VP8"
            text += (
                " videotestsrc is-live=true pattern=ball animation-mode=frames background-color=0xff00aaaa"
                f" ! video/x-raw,format=I420,width={options.get('width', 640)},height={options.get('height', 360)}"
                f",framerate={options.get('framerate', 30)}/1 ! identity name=sent ! {ENCODERS[codec]} ! {rtp(codec)} ! webrtc."
            )
            if options.get("audio"):
                text += f" audiotestsrc is-live=true volume=0.1 ! audioconvert ! opusenc ! rtpopuspay ! {OPUS} ! webrtc."
        return text

    def begin(self):
        self.asked = self.exchanged = False
        # What is sent has its caps only when data flows; to receive, nothing is waited for.
        if self.options.get("publish"):
            self.webrtc.connect("on-negotiation-needed", lambda webrtc: GLib.idle_add(self.negotiate))
            self.pipeline.get_by_name("sent").get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, self.on_sent)
        self.webrtc.connect("notify::ice-gathering-state", lambda *_: GLib.idle_add(self.exchange))
        self.pipeline.set_state(Gst.State.READY)
        if not self.options.get("publish"):
            self.ask_for_media()
        self.pipeline.set_state(Gst.State.PLAYING)

    def ask_for_media(self):
        codec = self.options.get("codec") or "VP8"
        kinds = ([taken(codec)] if self.options.get("video", True) else []) + ([OPUS] if self.options.get("audio") else [])
        for caps in kinds:
            self.webrtc.emit("add-transceiver", GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY, Gst.Caps.from_string(caps))
        if self.options.get("relay"):
            self.channel = self.webrtc.emit("create-data-channel", "relay", None)
            self.channel.connect("on-message-string", lambda channel, message: tell("heard", text=message))
        GLib.idle_add(self.negotiate)

    def transceivers(self):
        return [self.webrtc.emit("get-transceiver", i) for i in range(2 if self.options.get("audio") else 1)]

    def negotiate(self):
        if self.asked:
            return
        self.asked = True
        if self.options.get("publish"):
            for transceiver in self.transceivers():
                transceiver.set_property("direction", GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY)
        promise = Gst.Promise.new()
        self.webrtc.emit("create-offer", None, promise)
        promise.wait()
        reply = promise.get_reply()  # the offer is part of it
        self.webrtc.emit("set-local-description", reply.get_value("offer"), Gst.Promise.new())

    def exchange(self):
        state = self.webrtc.get_property("ice-gathering-state")
        if state != GstWebRTC.WebRTCICEGatheringState.COMPLETE or self.exchanged:
            return
        self.exchanged = True
        offer = self.webrtc.get_property("local-description").sdp.as_text()
        threading.Thread(target=self.post, args=(offer,), daemon=True).start()

    def post(self, offer):
        try:
            answer = self.door.post(offer)
        except Refused as error:
            tell("refused", reason=str(error))
            GLib.idle_add(self.loop.quit)
            return
        GLib.idle_add(self.take_answer, answer)

    def take_answer(self, text):
        _, sdp = GstSdp.SDPMessage.new_from_text(text)
        description = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, sdp)
        self.webrtc.emit("set-remote-description", description, Gst.Promise.new())

    def on_pad_added(self, _webrtc, pad):
        if pad.direction != Gst.PadDirection.SRC:
            return
        encoding = pad.get_current_caps().get_structure(0).get_string("encoding-name")
        part = Gst.parse_bin_from_description(f"queue ! {DECODERS[encoding]} ! fakesink name=sink sync=false", True)
        sink = part.get_by_name("sink").get_static_pad("sink")
        sink.add_probe(Gst.PadProbeType.BUFFER, self.on_sound if encoding == "OPUS" else self.on_picture)
        self.bin.add(part)
        part.sync_state_with_parent()
        pad.link(part.get_static_pad("sink"))

    def on_sent(self, _pad, _info):
        self.counts["sent"] += 1
        return Gst.PadProbeReturn.OK

    def on_sound(self, _pad, _info):
        self.counts["sound"] += 1
        return Gst.PadProbeReturn.OK

    def on_picture(self, pad, _info):
        if self.counts["decoded"] == 0:
            self.door.first()
        self.counts["decoded"] += 1
        structure = pad.get_current_caps().get_structure(0)
        self.counts["width"], self.counts["height"] = structure.get_int("width")[1], structure.get_int("height")[1]
        return Gst.PadProbeReturn.OK

    def take(self, command, rest):
        if command == "stats":
            tell("stats", state=self.webrtc.get_property("connection-state").value_nick, **self.counts)
        elif command == "say":
            self.channel.emit("send-string", rest)
        elif command == "leave":
            threading.Thread(target=self.leave, daemon=True).start()

    def leave(self):
        tell("left", status=self.door.delete())
        GLib.idle_add(self.loop.quit)


Gst.init(None)
loop = GLib.MainLoop()
client = Client(json.loads(sys.argv[1]), loop)
read_commands(lambda command, rest: GLib.idle_add(client.take, command, rest))
client.begin()
loop.run()
client.pipeline.set_state(Gst.State.NULL)
