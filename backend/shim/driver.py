"""The driver's half of a shim: JSON Lines on standard input and output.

It runs in __main__ beside an engine's class Engine, which connects when it is
made, and has
    ready          what the cluster has: cpus, gpus, memory, note
    run(bundle)    yields lists of events; raises Gone when the machine failed,
                   and Unbegun where nobody has begun it
    kill(number)   ends a bundle, from another thread
    look()         what the cluster has by now; not every engine has this
    probe(order)   runs a probe on each machine and returns what they answer
    close()        leaves nothing behind
"""

import json
import os
import signal
import sys
import threading
import time
import traceback

# Seconds between looks at what the cluster has.
LOOK = 5.0


class Gone(Exception):
    """What ran the bundle is gone; its unfinished tasks are lost."""


class Unbegun(Exception):
    """The bundle was taken back from where it waited."""


def described(error):
    """An error, and the last line of each that it comes of."""
    text = "".join(traceback.format_exception_only(error)).strip()
    while (error := error.__cause__) is not None:
        text += "\nbecause of " + "".join(traceback.format_exception_only(error)).strip().splitlines()[-1]
    return text


class Driver:
    def __init__(self, source):
        # The engine's libraries may print: only this class has the stdout.
        self.out = os.fdopen(os.dup(1), "wb")
        os.dup2(2, 1)
        self.lock = threading.Lock()
        self.source = source
        self.threads = {}

    def say(self, **message):
        line = json.dumps(message).encode() + b"\n"
        with self.lock:
            self.out.write(line)
            self.out.flush()

    def bundle(self, engine, bundle):
        number = bundle["bundle"]
        try:
            try:
                for events in engine.run(bundle):
                    self.say(kind="events", bundle=number, events=events)
                self.say(kind="end", bundle=number)
            except Gone as error:
                self.say(kind="end", bundle=number, err=str(error))
            except Unbegun as error:
                self.say(kind="unbegun", bundle=number, err=str(error))
        except BaseException as error:
            self.fail(error)

    def kill(self, engine, number):
        try:
            engine.kill(number)
        except BaseException as error:
            self.fail(error)

    def probe(self, engine, order):
        try:
            self.say(kind="probed", answers=engine.probe(order))
        except BaseException as error:
            self.fail(error)

    def watch(self, engine):
        """Says what the cluster has when that changes."""
        while True:
            time.sleep(LOOK)
            try:
                ready = engine.look()
            except Exception:
                continue  # what runs there tells of a cluster that is gone
            if ready != engine.ready:
                engine.ready = ready
                self.say(kind="ready", ready=ready)

    def fail(self, error):
        traceback.print_exception(error)
        self.say(kind="failed", err=described(error))

    def serve(self, make):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        engine = None
        try:
            engine = make(json.loads(sys.stdin.buffer.readline()), self.source)
            self.say(kind="ready", ready=engine.ready)
            if hasattr(engine, "look"):
                threading.Thread(target=self.watch, args=(engine,), daemon=True).start()
            for line in iter(sys.stdin.buffer.readline, b""):
                message = json.loads(line)
                if message["do"] == "run":
                    threading.Thread(target=self.bundle, args=(engine, message), daemon=True).start()
                elif message["do"] == "kill":
                    threading.Thread(target=self.kill, args=(engine, message["bundle"]), daemon=True).start()
                elif message["do"] == "probe":
                    threading.Thread(target=self.probe, args=(engine, message), daemon=True).start()
                elif message["do"] == "close":
                    break
        except BaseException as error:
            self.fail(error)
        try:
            if engine is not None:
                engine.close()
            self.say(kind="closed")
        except BaseException as error:
            self.fail(error)
        sys.stderr.flush()
        os._exit(0)  # threads of bundles may still wait for the engine
