"""A scheduler of the lab: a real JobCluster or SharedJobCluster that runs real jobs.

Its one argument is JSON (see ClientOptions in ../dispy.ts). It says what happens on stdout, one line of `@lab {json}` each,
with the time in ms since the epoch, and obeys what it reads on stdin: `rerun` runs fresh jobs, `close` ends the cluster.
Runs on every Python that a release of dispy runs on, 2.7 included.
"""

import collections
import inspect
import json
import sys
import threading
import time

if not hasattr(inspect, "getargspec"):  # gone in Python 3.11; dispy calls it for cluster_status
    ArgSpec = collections.namedtuple("ArgSpec", "args varargs keywords defaults")
    inspect.getargspec = lambda function: ArgSpec(*inspect.getfullargspec(function)[:4])

import dispy  # noqa: E402

options = json.loads(sys.argv[1])
lock = threading.Lock()
wake = threading.Event()
known = set()  # nodes that took this computation
served = set()  # nodes that have run a job since the start or the last `rerun`
under_way = [0]  # jobs, as a number that a callback may change
commands = []


def say(event, **fields):
    with lock:
        sys.stdout.write("@lab " + json.dumps(dict(fields, event=event, at=time.time() * 1000)) + "\n")
        sys.stdout.flush()


def count(change):
    with lock:
        under_way[0] += change


def compute(number):
    import os
    import time

    time.sleep(0.05)
    return number, os.uname()[1]


def cluster_status(status, node, job):
    if status == dispy.DispyNode.Initialized:
        if node.ip_addr not in known:
            known.add(node.ip_addr)
            say("node", ip=node.ip_addr, avail_info=bool(getattr(node, "avail_info", None)))
        else:
            say("node_again", ip=node.ip_addr)
    elif status == dispy.DispyNode.Closed:
        known.discard(node.ip_addr)
        say("node_gone", ip=node.ip_addr)
    elif job is not None and status in (dispy.DispyJob.Finished, dispy.DispyJob.Terminated):
        if status == dispy.DispyJob.Finished:
            served.add(job.ip_addr)
            say("job", ip=job.ip_addr, host=job.result[1])
        else:
            say("job_failed", ip=job.ip_addr, error=str(job.exception))
        count(-1)
    elif job is not None and status in (dispy.DispyJob.Cancelled, dispy.DispyJob.Abandoned):
        count(-1)
    wake.set()


def listen():
    while True:
        line = sys.stdin.readline()
        commands.append(line.strip() or "close")
        wake.set()
        if not line:
            return


def keyword_arguments():
    wanted = {
        "nodes": [tuple(node) if isinstance(node, list) else str(node) for node in options["nodes"]],
        "cluster_status": cluster_status,
        "loglevel": dispy.logger.DEBUG,
        "secret": str(options.get("secret", "")),
    }
    for name in ("certfile", "keyfile", "ipv4_udp_multicast", "dispy_port"):
        if options.get(name):
            wanted[name] = options[name]
    if options.get("host"):
        wanted["host"] = wanted["ip_addr"] = str(options["host"])
    if options.get("scheduler"):
        wanted["scheduler_host"] = wanted["scheduler_node"] = str(options["scheduler"])
    kind = dispy.SharedJobCluster if options.get("scheduler") else dispy.JobCluster
    code = kind.__init__.__code__
    takes = code.co_varnames[: code.co_argcount]
    if "host" in takes:
        wanted.pop("ip_addr", None)
    return kind, {name: value for name, value in wanted.items() if name in takes}


def main():
    kind, arguments = keyword_arguments()
    thread = threading.Thread(target=listen)
    thread.daemon = True
    thread.start()
    say("starting", version=dispy._dispy_version, python=sys.version.split()[0])
    cluster = kind(compute, **arguments)
    say("started")
    number = 0
    while True:
        while commands:
            command = commands.pop(0)
            if command == "close":
                say("closing")
                cluster.close(terminate=True)
                say("closed")
                return
            if command == "rerun":
                served.clear()
                under_way[0] = 0  # what a dead node had is lost
        # As many jobs as there are nodes: dispy gives each to the node with the least work.
        while not known <= served and under_way[0] < len(known):
            number += 1
            count(1)
            cluster.submit(number)
        wake.wait(0.5)
        wake.clear()


if __name__ == "__main__":
    main()
