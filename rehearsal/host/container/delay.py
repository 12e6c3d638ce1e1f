"""Delays every packet that leaves a host for its network: delay.py DEVICE NETWORK MILLISECONDS

Runs beside the host, in its network namespace. What would leave is routed into a tunnel, waits here, and then goes out as it was. The
kernel's own way (tc netem) is missing in many kernels. The tunnel ends with this process, and with it the delay.
"""

import collections
import fcntl
import os
import select
import socket
import struct
import subprocess
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
MARK = TABLE = PRIORITY = "77"
TUNNEL = "slow0"

device, network, milliseconds = sys.argv[1], sys.argv[2], int(sys.argv[3])


def run(*command, check=True):
    return subprocess.run(command, check=check, stdout=subprocess.PIPE, text=True).stdout


tunnel = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tunnel, TUNSETIFF, struct.pack("16sH22x", TUNNEL.encode(), IFF_TUN | IFF_NO_PI))
# With the host's own address on it, senders choose the same source as without it.
own = run("ip", "-4", "-o", "address", "show", "dev", device, "primary").split()[3].split("/")[0]
run("ip", "address", "add", own + "/32", "dev", TUNNEL)
run("ip", "link", "set", TUNNEL, "up")
# Answers now come in where nothing goes out: that must not look forged.
with open(f"/proc/sys/net/ipv4/conf/{device}/rp_filter", "w") as setting:
    setting.write("2")
run("ip", "route", "replace", network, "dev", TUNNEL, "table", TABLE)
rule = ["not", "fwmark", MARK, "to", network, "lookup", TABLE, "priority", PRIORITY]
run("ip", "rule", "delete", *rule, check=False)
# Connection tracking has seen these packets already.
untracked = ["OUTPUT", "--match", "mark", "--mark", MARK, "--jump", "CT", "--notrack"]
if subprocess.run(["iptables", "--table", "raw", "--check", *untracked], stderr=subprocess.DEVNULL).returncode:
    run("iptables", "--table", "raw", "--append", *untracked)
out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
out.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, int(MARK))
run("ip", "rule", "add", *rule)
print("delaying", flush=True)

waiting = collections.deque()
while True:
    patience = max(0, waiting[0][0] - time.monotonic()) if waiting else None
    readable, _, _ = select.select([tunnel], [], [], patience)
    if readable:
        waiting.append((time.monotonic() + milliseconds / 1000, os.read(tunnel, 65535)))
    while waiting and waiting[0][0] <= time.monotonic():
        _, packet = waiting.popleft()
        # IPv4's destination; a packet that nobody takes is lost, as on any link.
        if packet[0] >> 4 == 4:
            try:
                out.sendto(packet, (socket.inet_ntoa(packet[16:20]), 0))
            except OSError:
                pass
