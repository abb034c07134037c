#!/usr/bin/python3
"""Sends pictures to `sightline --pipeline from-program`: a camera's or a film's, else drawn ones, each with its number on it.

send-frames.py [SOCKET [CAMERA-OR-FILM]]
Needs python3-opencv and gstreamer1.0-plugins-bad. (The OpenCV that pip installs has no GStreamer.)
"""
import itertools, os, sys, time
import cv2, numpy

socket = sys.argv[1] if len(sys.argv) > 1 else "/tmp/sightline-frames"
camera = cv2.VideoCapture(sys.argv[2] if len(sys.argv) > 2 else 0)


def make_picture(number):
    found, picture = camera.read()
    if not found:
        time.sleep(1 / 30)
        picture = numpy.full((720, 1280, 3), (60, 90, number % 256), numpy.uint8)  # blue, green, red
    cv2.putText(picture, str(number), (40, 120), cv2.FONT_HERSHEY_SIMPLEX, 4, (255, 255, 255), 6)
    return picture


height, width = make_picture(0).shape[:2]
if os.path.exists(socket):
    os.unlink(socket)  # of a sender that was killed: in front of that, shmsink would take another name
sink = f"appsrc ! videoconvert ! pnmenc ! shmsink socket-path={socket} sync=false wait-for-connection=false"
out = cv2.VideoWriter(sink, cv2.CAP_GSTREAMER, 0, 30, (width, height))
for number in itertools.count(1):
    out.write(make_picture(number))
