#!/usr/bin/env python3
"""nano.py FILE OLD NEW: replaces OLD by NEW in nano, as a person at a terminal does, and saves."""
import os
import pty
import select
import sys

path, old, new = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    os.environ.update(TERM='xterm', LC_ALL='C.UTF-8')
    os.execvp('nano', ['nano', '-I', path])

screen = b''


def answer(prompt, keys):
    """Types when the terminal has said so since the last time; an end of nano ends this, too."""
    global screen
    while prompt not in screen:
        if not select.select([terminal], [], [], 20)[0]:
            sys.exit(f'nano does not say {prompt.decode()}: {screen!r}')
        screen += os.read(terminal, 4096)
    screen = b''
    os.write(terminal, keys)


answer(b'Exit', b'\x1c')
answer(b'Search (to replace)', old.encode() + b'\r')
answer(b'Replace with', new.encode() + b'\r')
answer(b'this instance', b'a')
answer(b'Replaced', b'\x0f')
answer(b'File Name to Write', b'\r')
answer(b'Wrote', b'\x18')
try:
    while os.read(terminal, 4096):
        pass
except OSError:  # the terminal goes with nano
    pass
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
