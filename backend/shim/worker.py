"""What runs inside an engine's worker process.

It keeps children of `corpusmill worker FOLDER`, gives them tasks and hands on
the events that they print. A child ends with this process, however that ends:
its standard input does.
"""

import hashlib
import json
import os
import platform
import queue
import socket
import subprocess
import sys
import tempfile
import threading
import time

MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}

# Seconds between signs of life, and those for which events may be held back, so
# that the engine has fewer messages to pass on.
PULSE = 5.0
HOLD = 0.25


class Lost(Exception):
    """The machine's fault: the task may be tried again, here or elsewhere."""


def platform_name():
    """This machine, as Go names it: linux-amd64."""
    machine = platform.machine().lower()
    return "%s-%s" % (platform.system().lower(), MACHINES.get(machine, machine))


def place(binaries, read):
    """The path of the binary for this machine; read(sha256) gives its bytes
    where no earlier run has left it."""
    sha = binaries.get(platform_name())
    if sha is None:
        raise Lost("no binary for %s: put corpusmill-%s beside the program that was started" % (platform_name(), platform_name()))
    folder = os.path.join(tempfile.gettempdir(), "corpusmill-%d" % os.getuid())
    os.makedirs(folder, mode=0o700, exist_ok=True)
    seen = os.lstat(folder)
    if seen.st_uid != os.getuid() or seen.st_mode & 0o40077 != 0o40000:
        raise Lost("%s is not a folder of this user alone: remove it" % folder)
    path = os.path.join(folder, sha)
    try:
        with open(path, "rb") as f:
            if hashlib.sha256(f.read()).hexdigest() == sha:
                return path
    except FileNotFoundError:
        pass
    data = read(sha)
    if hashlib.sha256(data).hexdigest() != sha:
        raise Lost("the binary came damaged")
    fd, temporary = tempfile.mkstemp(dir=folder)
    try:
        with os.fdopen(fd, "wb") as f:
            f.write(data)
        os.chmod(temporary, 0o700)
        os.rename(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    return path


class Child:
    """One `corpusmill worker`."""

    def __init__(self, path, folder, cpus, memory):
        env = dict(os.environ, GOMAXPROCS=str(max(1, int(cpus + 0.999))))
        if memory > 0:
            env["GOMEMLIMIT"] = str(memory)
        self.process = subprocess.Popen(
            [path, "worker", folder], env=env, start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.lines = queue.SimpleQueue()
        self.words = b""
        threading.Thread(target=self._read, daemon=True).start()
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def _listen(self):
        while chunk := self.process.stderr.read1(4096):
            self.words = (self.words + chunk)[-4096:]

    def next(self, seconds):
        """The next event; None when so much time has passed without one."""
        try:
            line = self.lines.get(timeout=seconds)
        except queue.Empty:
            return None
        if line is None or not line.endswith(b"\n"):
            code = self.stop()
            self.listener.join(5)
            raise Lost("the worker process ended: %s%s" % (
                "signal %d" % -code if code < 0 else "exit status %d" % code,
                "".join(": " + w for w in [self.words.decode(errors="replace").strip()] if w)))
        return json.loads(line)

    def run(self, task, held):
        """Yields the events of a task; None where it says nothing for a while."""
        try:
            self.process.stdin.write(json.dumps(task).encode() + b"\n")
            self.process.stdin.flush()
        except OSError:
            pass  # what it said last, and its end, are in lines
        while True:
            event = self.next(held.patience())
            yield event
            if event and event["kind"] in ("done", "failed"):
                return

    def resident(self):
        """Bytes of memory that it has; 0 where the system does not tell."""
        try:
            with open("/proc/%d/statm" % self.process.pid) as f:
                return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except (OSError, IndexError):
            return 0

    def stop(self):
        """Ends the child, and returns how it ended."""
        self.process.kill()
        code = self.process.wait()
        try:
            self.process.stdin.close()
        except OSError:
            pass
        return code


# Children without a task, by what they were started with, each with the time
# since when; those that have one, by the token of their bundle; tokens of
# bundles that are to end.
idle = {}
busy = {}
killed = set()
lock = threading.Lock()

# Seconds after which a child without a task ends.
REST = 60.0


def take(key, token):
    """A child for a bundle."""
    with lock:
        free = idle.get(key)
        child = free.pop()[0] if free else None
    if child is None:
        child = Child(*key)
    with lock:
        busy[token] = child
    return child


def leave(key, token, child):
    """Keeps a child whose bundle is done, for the next one."""
    with lock:
        busy.pop(token, None)
        idle.setdefault(key, []).append((child, time.monotonic()))
    timer = threading.Timer(REST + 1, rest)
    timer.daemon = True
    timer.start()


def rest():
    """Ends the children that have had nothing to do for a while."""
    gone, now = [], time.monotonic()
    with lock:
        for key, children in list(idle.items()):
            gone += [c for c, since in children if now - since > REST]
            idle[key] = [(c, since) for c, since in children if now - since <= REST]
            if not idle[key]:
                del idle[key]
    for child in gone:
        child.stop()


def stop(folder):
    """Ends the idle children of a run."""
    with lock:
        gone = [key for key in idle if key[1] == folder]
        children = [c for key in gone for c, _ in idle.pop(key)]
    for child in children:
        child.stop()


def kill(token):
    """Ends a bundle that may be running here."""
    with lock:
        killed.add(token)
        child = busy.get(token)
    if child is not None:
        child.process.kill()


def run(job, tasks, read, token, limit=0):
    """Runs tasks one after the other and yields lists of events.

    job holds binaries, folder, cpus, memory and keep, which leaves the child
    for the next call; memory 0 is no bound. token is the bundle's own. limit
    is the memory above which a child is ended.
    """
    yield [{"kind": "begin", "node": "%s, process %d" % (socket.gethostname(), os.getpid())}]
    key, child, took = None, None, 0.0
    held = Held()
    try:
        for task in tasks:
            try:
                if token in killed:
                    raise Lost("the bundle was ended")
                if child is None:
                    if not os.path.isdir(job["folder"]):
                        raise Lost("%s can't see %s: the result has to lie on storage that all machines of the cluster mount at the same place" % (
                            socket.gethostname(), job["folder"]))
                    key = (place(job["binaries"], read), job["folder"], job["cpus"], job["memory"])
                    child = take(key, token)
                began = time.monotonic()
                for event in child.run(task, held):
                    held.add(event)
                    if limit and child.resident() > limit:
                        child.stop()
                        raise Lost("the worker process was over %d bytes of memory; the engine allows no more" % limit)
                    if held.due(event):
                        yield held.take()
                took += time.monotonic() - began
            except Lost as error:
                child = None
                held.add({"task": task["id"], "attempt": task["attempt"], "kind": "lost", "err": str(error)})
        held.add({"kind": "took", "seconds": took})
        yield held.take()
        if child is not None and job["keep"]:
            leave(key, token, child)
            child = None
    finally:
        with lock:
            busy.pop(token, None)
            killed.discard(token)
        if child is not None:
            child.stop()


class Held:
    """Events that wait to be passed on together."""

    def __init__(self):
        self.events, self.read, self.since = [], {}, time.monotonic()

    def add(self, event):
        if event is None:
            return
        if event["kind"] == "progress":
            stage = event.get("stage", 0)
            self.read[stage] = self.read.get(stage, 0) + event.get("bytes", 0)
        else:
            self.events.append(event)

    def patience(self):
        """How long to wait for more."""
        return HOLD if self.events or self.read else PULSE

    def due(self, event):
        return event is None or time.monotonic() - self.since >= HOLD

    def take(self):
        events = [{"kind": "progress", "stage": s, "bytes": n} for s, n in self.read.items()] + self.events
        self.__init__()
        return events
