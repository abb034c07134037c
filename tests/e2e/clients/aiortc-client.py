#!/usr/bin/env python3
"""aiortc as a client of WHEP and WHIP: aiortc-client.py OPTIONS, see ../lib/doors.mjs."""

import asyncio
import fractions
import json
import math
import struct
import sys
import time

from door import Door, Refused, read_commands, skip, tell

try:
    import av
    from aiortc import MediaStreamTrack, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
    from aiortc.mediastreams import MediaStreamError
except ImportError as error:
    skip(f"{error} (python3-aiortc)")

RATE = 48000


class Clocked(MediaStreamTrack):
    """Frames that come at their time."""

    def __init__(self, interval, rate):
        super().__init__()
        self.interval, self.rate = interval, rate
        self.n, self.began = 0, None

    async def recv(self):
        self.began = self.began or time.monotonic()
        await asyncio.sleep(max(0, self.began + self.n * self.interval - time.monotonic()))
        frame = self.make(self.n)
        frame.pts = round(self.n * self.interval * self.rate)
        frame.time_base = fractions.Fraction(1, self.rate)
        self.n += 1
        return frame


class Picture(Clocked):
    """One colour in which something moves."""

    kind = "video"

    def __init__(self, options):
        super().__init__(1 / options.get("framerate", 30), 90000)
        self.width, self.height = options.get("width", 640), options.get("height", 360)
        self.yuv = options.get("yuv", [145, 54, 34])

    def make(self, n):
        frame = av.VideoFrame(self.width, self.height, "yuv420p")
        for plane, value in zip(frame.planes, self.yuv):
            plane.update(bytes([value]) * plane.buffer_size)
        luma = bytearray(bytes([self.yuv[0]]) * frame.planes[0].buffer_size)
        stride, size = frame.planes[0].line_size, self.height // 4
        left = n * 4 % (self.width - size)
        for row in range(self.height // 2, self.height // 2 + size):
            luma[row * stride + left : row * stride + left + size] = bytes([235]) * size
        frame.planes[0].update(bytes(luma))
        return frame


class Sound(Clocked):
    kind = "audio"

    def __init__(self):
        super().__init__(0.02, RATE)

    def make(self, n):
        samples = [int(3000 * math.sin((n * 960 + i) / RATE * 2 * math.pi * 440)) for i in range(960)]
        frame = av.AudioFrame(format="s16", layout="mono", samples=960)
        frame.planes[0].update(struct.pack("<960h", *samples))
        frame.sample_rate = RATE
        return frame


class Client:
    def __init__(self, options):
        self.options = options
        self.door = Door(options)
        self.peer = RTCPeerConnection()
        self.counts = {"decoded": 0, "sound": 0, "width": 0, "height": 0}
        self.consumers = []
        self.peer.on("track", lambda track: self.consumers.append(asyncio.ensure_future(self.consume(track))))
        self.channel = None

    async def consume(self, track):
        try:
            while True:
                frame = await track.recv()
                if track.kind == "audio":
                    self.counts["sound"] += 1
                    continue
                if self.counts["decoded"] == 0:
                    self.door.first()
                self.counts["decoded"] += 1
                self.counts["width"], self.counts["height"] = frame.width, frame.height
        except MediaStreamError:
            pass

    def offer_media(self):
        options = self.options
        if options.get("publish"):
            transceiver = self.peer.addTransceiver(Picture(options), direction="sendonly")
            if options.get("audio"):
                self.peer.addTransceiver(Sound(), direction="sendonly")
            if options.get("codec"):
                codecs = RTCRtpSender.getCapabilities("video").codecs
                transceiver.setCodecPreferences([codec for codec in codecs if codec.name.upper() in (options["codec"], "RTX")])
            return
        if options.get("video", True):
            self.peer.addTransceiver("video", direction="recvonly")
        if options.get("audio"):
            self.peer.addTransceiver("audio", direction="recvonly")
        if options.get("relay"):
            self.channel = self.peer.createDataChannel("relay")
            self.channel.on("message", lambda text: tell("heard", text=text))

    async def begin(self):
        self.offer_media()
        await self.peer.setLocalDescription(await self.peer.createOffer())
        answer = await asyncio.to_thread(self.door.post, self.peer.localDescription.sdp)
        await self.peer.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))

    async def stats(self):
        sent = 0
        for sender in self.peer.getSenders():
            if sender.kind == "video" and sender.track:
                sent = sender.track.n
        closed = any(receiver.transport.state == "closed" for receiver in self.peer.getReceivers())
        tell("stats", state=self.peer.connectionState, isClosed=closed, sent=sent, **self.counts)

    async def leave(self):
        status = await asyncio.to_thread(self.door.delete)
        await self.peer.close()
        tell("left", status=status)


async def main():
    client = Client(json.loads(sys.argv[1]))
    loop = asyncio.get_running_loop()
    left = asyncio.Event()

    async def take(command, rest):
        if command == "stats":
            await client.stats()
        elif command == "say":
            client.channel.send(rest)
        elif command == "leave":
            await client.leave()
            left.set()

    read_commands(lambda command, rest: asyncio.run_coroutine_threadsafe(take(command, rest), loop))
    try:
        await client.begin()
    except Refused as error:
        tell("refused", reason=str(error))
        sys.exit(1)
    await left.wait()


asyncio.run(main())
