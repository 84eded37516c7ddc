"""What runs inside an engine's worker process.

It keeps children of `corpusmill worker FOLDER`, gives them tasks and hands on
the events that they print. A child ends with this process, however that ends:
its standard input does.
"""

import hashlib
import json
import math
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

# Seconds that a bundle waits in all for a worker that its engine has paused.
PAUSES = 120

# Seconds between looks at a child's memory where that has a limit.
LOOK = 0.5

# Lines of a child's standard error that are passed on with one message.
SAID = 100


class Lost(Exception):
    """The machine's fault: the task may be tried again, here or elsewhere."""


def platform_name():
    """This machine, as Go names it: linux-amd64."""
    machine = platform.machine().lower()
    return "%s-%s" % (platform.system().lower(), MACHINES.get(machine, machine))


# Binaries that hold what their name says, by path, with what tells a change.
checked = {}


def stamp(path):
    try:
        seen = os.stat(path)
    except FileNotFoundError:
        return None
    return seen.st_ino, seen.st_size, seen.st_mtime_ns


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
    if checked.get(path, 0) == stamp(path):
        return path
    try:
        with open(path, "rb") as f:
            if hashlib.sha256(f.read()).hexdigest() == sha:
                checked[path] = stamp(path)
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


def patiently(call):
    """Yields signs of life as long as a call takes, and returns what it does."""
    ended = queue.SimpleQueue()

    def work():
        try:
            ended.put((call(), None))
        except BaseException as error:
            ended.put((None, error))

    threading.Thread(target=work, daemon=True).start()
    while True:
        try:
            value, error = ended.get(timeout=PULSE)
        except queue.Empty:
            yield []
            continue
        if error is not None:
            raise error
        return value


class Child:
    """One `corpusmill worker`."""

    def __init__(self, path, folder, cpus, memory, settings, where):
        env = dict(os.environ, **dict(settings), GOMAXPROCS=str(max(1, int(cpus + 0.999))))
        if memory > 0:
            env["GOMEMLIMIT"] = str(memory)
        try:
            self.process = subprocess.Popen(
                [path, "worker", folder], env=env, cwd=where if os.path.isdir(where) else None, start_new_session=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        except OSError as error:
            raise Lost("starting a worker process: %s" % error) from error
        self.lines = queue.SimpleQueue()
        self.words, self.unsaid, self.silenced = b"", [], 0
        self.saying = threading.Lock()
        threading.Thread(target=self._read, daemon=True).start()
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def _listen(self):
        while chunk := self.process.stderr.readline(4096):
            self.words = (self.words + chunk)[-4096:]
            with self.saying:
                if len(self.unsaid) < SAID:
                    self.unsaid.append(chunk.decode(errors="replace").rstrip())
                else:
                    self.silenced += 1

    def said(self):
        """What it has printed since the last time, as an event; None for nothing."""
        with self.saying:
            lines, self.unsaid = self.unsaid, []
            silenced, self.silenced = self.silenced, 0
        if silenced:
            lines.append("and %d lines more" % silenced)
        return {"kind": "said", "lines": lines} if lines else None

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

    def run(self, task, held, look):
        """Yields the events of a task; None where it says nothing for a while,
        of look seconds at most."""
        try:
            self.process.stdin.write(json.dumps(task).encode() + b"\n")
            self.process.stdin.flush()
        except OSError:
            pass  # what it said last, and its end, are in lines
        while True:
            event = self.next(min(held.patience(), look))
            yield event
            if event and event["kind"] in ("done", "failed", "lost"):
                return

    def frozen(self):
        """Says whether it has been stopped, and does nothing until it is woken."""
        try:
            with open("/proc/%d/stat" % self.process.pid, "rb") as f:
                return f.read().rpartition(b")")[2].split()[0] in (b"T", b"t")
        except (OSError, IndexError):
            return False

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
REST = 15.0


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


def leave(key, token, child, hold):
    """Keeps a child whose bundle is done, for the next one: to hold it is to
    keep it as long as this process."""
    with lock:
        busy.pop(token, None)
        idle.setdefault(key, []).append((child, math.inf if hold else time.monotonic()))
    if hold:
        return
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


def resident():
    """Bytes of memory that all children have."""
    with lock:
        children = [c for some in idle.values() for c, _ in some] + list(busy.values())
    return sum(child.resident() for child in children)


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


def run(job, tasks, read, token, limit=0, paused=lambda: False):
    """Runs tasks one after the other and yields lists of events.

    job holds binaries, folder, cpus, memory, env, variables for the child, dir,
    in which the child works where this machine has it, and keep, which leaves
    the child for the next call; hold, which may be missing, leaves it for good.
    memory 0 is no bound. token is the bundle's own. limit is the memory above
    which a child is ended. As long as paused() says so no task begins, and there
    is no child.
    """
    yield [{"kind": "begin", "node": "%s, process %d" % (socket.gethostname(), os.getpid())}]
    key, child, took = None, None, 0.0
    held, pauses = Held(), 0
    try:
        for task in tasks:
            try:
                while paused():
                    if child is not None:
                        child.stop()
                        child = None
                    if pauses == PAUSES:
                        raise Lost("the engine has paused its worker for want of memory")
                    pauses += 1
                    yield held.take()
                    time.sleep(1)
                if token in killed:
                    raise Lost("the bundle was ended")
                if child is None:
                    if "://" not in job["folder"] and not os.path.isdir(job["folder"]):
                        raise Lost("%s can't see %s: the result has to lie on storage that all machines of the cluster mount at the same place" % (
                            socket.gethostname(), job["folder"]))
                    path = yield from patiently(lambda: place(job["binaries"], read))
                    key = (path, job["folder"], job["cpus"], job["memory"], tuple(sorted(job["env"].items())), job["dir"])
                    child = take(key, token)
                began = time.monotonic()
                for event in child.run(task, held, LOOK if limit else PULSE):
                    held.add(event)
                    held.add(child.said())
                    if limit and child.resident() > limit:
                        child.stop()
                        raise Lost("the worker process was over %d bytes of memory; the engine allows no more" % limit)
                    if not held.due():
                        continue
                    if event is None and child.frozen():
                        # Its standard input would end, and it would never know.
                        child.stop()
                        raise Lost("the worker process had been stopped")
                    yield held.take()
                took += time.monotonic() - began
            except Lost as error:
                child = None
                held.add({"task": task["id"], "attempt": task["attempt"], "kind": "lost", "err": str(error)})
        if child is not None:
            held.add(child.said())
        held.add({"kind": "took", "seconds": took})
        yield held.take()
        if child is not None and job["keep"]:
            leave(key, token, child, job.get("hold"))
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
        """How long to wait for more: something that is there, or a sign of life."""
        return HOLD if self.events or self.read else PULSE

    def due(self):
        return time.monotonic() - self.since >= self.patience()

    def take(self):
        events = [{"kind": "progress", "stage": s, "bytes": n} for s, n in self.read.items()] + self.events
        self.__init__()
        return events


def probe(binaries, read, order):
    """Runs the program's probe on this machine and returns its answer."""
    import importlib.metadata

    answer = {"node": socket.gethostname(), "versions": {
        "python": platform.python_version(), order["package"]: importlib.metadata.version(order["package"])}}
    try:
        process = subprocess.Popen(
            [place(binaries, read), "worker", "--probe=" + json.dumps(order["request"])],
            env=dict(os.environ, **order["env"]), start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except (Lost, OSError) as error:
        return dict(answer, err=str(error))
    late = threading.Timer(order["limit"], process.kill)
    late.start()
    try:
        # Its standard input stays open for as long as somebody waits for it.
        facts = process.stdout.read()
        words = process.stderr.read()[-1000:].decode(errors="replace").strip()
        process.wait()
        return dict(answer, facts=json.loads(facts))
    except ValueError:
        return dict(answer, err="the program ended with %d: %s" % (process.returncode, words or "it said nothing"))
    finally:
        late.cancel()
        process.kill()
        process.wait()
