"""corpusmill on Ray: a bundle of tasks is a Ray task whose events stream back, or
a call of an actor where the stage holds models or GPUs."""

import threading
import time

import ray
import ray.exceptions
import ray.util.scheduling_strategies

# Seconds between looks at what has become of a bundle that says nothing, and
# those that a message may take once it is there.
LOOK = 2.0
FETCH = 30.0

# Seconds after the loss of a node in which bundles may still be sent there, and
# after which one that hasn't begun is given up. Those that are sent until the
# first is given up may wait behind it.
NEWS = 10.0


def work(name, source, refs, job, tasks, number):
    import sys
    import types

    import ray

    worker = sys.modules.get(name)
    if worker is None:
        worker = types.ModuleType(name)
        exec(compile(source, name, "exec"), worker.__dict__)
        sys.modules[name] = worker
    events = worker.run(job, tasks, lambda sha: ray.get(refs[sha]), number)
    begin = next(events)
    begin[0]["ray_node"] = ray.get_runtime_context().get_node_id()
    yield begin
    yield from events


@ray.remote(num_returns="streaming", max_retries=0)
def corpusmill(*args):
    yield from work(*args)


@ray.remote(max_restarts=0, max_task_retries=0)
class CorpusmillActor:
    """Runs bundle after bundle in one child, which so keeps what it has opened
    and the GPUs that Ray gave the actor."""

    @ray.method(num_returns="streaming")
    def run(self, *args):
        yield from work(*args)


@ray.remote(num_cpus=0, max_retries=0)
def look(source, refs, binaries, order):
    import types

    import ray

    worker = types.ModuleType("corpusmill_probe")
    exec(compile(source, "corpusmill_probe", "exec"), worker.__dict__)
    return worker.probe(binaries, lambda sha: ray.get(refs[sha]), order)


class Engine:
    def __init__(self, init, source):
        ray.init(address=init["address"], log_to_driver=False, logging_level="warning")
        total = ray.cluster_resources()
        nodes = [n["Resources"] for n in ray.nodes() if n["Alive"]]
        self.ready = {
            "cpus": total.get("CPU", 0), "gpus": total.get("GPU", 0),
            "node_cpus": max((n.get("CPU", 0) for n in nodes), default=0),
            "node_gpus": max((n.get("GPU", 0) for n in nodes), default=0),
            "node_memory": max((n.get("memory", 0) for n in nodes), default=0),
            "nodes": [{"cpus": n.get("CPU", 0), "gpus": n.get("GPU", 0), "memory": n.get("memory", 0)} for n in nodes],
        }
        self.name = "corpusmill_worker_" + init["version"]
        self.source = ray.put(source)
        self.refs, self.job = {}, {"folder": init["folder"], "dir": init["dir"], "binaries": {}, "env": init["env"], "keep": True}
        for b in init["binaries"]:
            with open(b["path"], "rb") as f:
                self.refs[b["sha256"]] = ray.put(f.read())
            self.job["binaries"][b["platform"]] = b["sha256"]
        self.lock = threading.Lock()
        self.running = {}
        self.actors = Actors()
        self.nodes = Nodes()

    def run(self, bundle):
        number, need = bundle["bundle"], bundle["resources"]
        job = dict(self.job, cpus=need["cpus"], memory=bundle["limit"], hold=need["hold"])
        options = {"num_cpus": need["cpus"], "num_gpus": need["gpus"]}
        if need["memory"]:
            options["memory"] = need["memory"]
        args = self.name, self.source, self.refs, job, bundle["tasks"], number
        # A request for a place that Ray has sent to a lost node holds up all that
        # are like it, for good: what was lost asks for another place, and what
        # comes after a loss for some bytes of memory more.
        again = any(task["attempt"] for task in bundle["tasks"])
        where = self.nodes.place(need["cpus"], number) if again else "SPREAD"
        actor = None
        if need["hold"]:
            actor = self.actors.take(options, where, self.nodes)
            stream = actor.handle.run.remote(*args)
        else:
            self.actors.end()
            if self.nodes.losses:
                options["memory"] = need["memory"] + self.nodes.losses
            stream = corpusmill.options(scheduling_strategy=where, **options).remote(*args)
        with self.lock:
            self.running[number] = stream, actor
        done = False
        try:
            yield from self.follow(stream, actor)
            done = True
        except ray.exceptions.RayTaskError:
            raise  # worker.py itself failed: it would fail elsewhere too
        except ray.exceptions.RayError as error:
            raise Gone("%s: %s" % (type(error).__name__, " ".join(str(error).split()))) from error
        finally:
            with self.lock:
                del self.running[number]
            if not done:
                self.end(stream, actor)
            elif actor is not None:
                self.actors.leave(actor)

    def follow(self, stream, actor):
        """Yields what a bundle says. Ray may never tell that its node is gone."""
        node, sent = actor and actor.node, time.monotonic()
        while True:
            if not ray.wait([stream], timeout=LOOK)[0]:
                if node is None and self.nodes.swallowed(sent) or node in self.nodes.look():
                    self.nodes.lost()
                    raise Gone("Ray has lost the node")
                continue
            try:
                events = ray.get(next(stream), timeout=FETCH)
            except StopIteration:
                return
            if events and "ray_node" in events[0]:
                node = events[0]["ray_node"]
                if actor is not None:
                    actor.node = node
            yield events

    def kill(self, number):
        with self.lock:
            running = self.running.get(number)
        if running is not None:
            self.end(*running)

    def end(self, stream, actor):
        if actor is not None:
            actor.end()
        else:
            ray.cancel(stream, force=True)

    def close(self):
        for number in list(self.running):
            self.kill(number)
        self.actors.end()
        ray.shutdown()

    def probe(self, order):
        """One probe on each node that has CPUs for tasks, whether or not they are busy."""
        order = dict(order, package="ray")
        asked = {}
        for node in ray.nodes():
            cpus = node["Resources"].get("CPU", 0)
            if node["Alive"] and cpus:
                there = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
                ref = look.options(scheduling_strategy=there).remote(self.source, self.refs, self.job["binaries"], order)
                asked[ref] = {"node": "%s (%s)" % (node["NodeManagerAddress"], node["NodeManagerHostname"]),
                              "engine_cpus": cpus, "engine_gpus": node["Resources"].get("GPU", 0)}
        if asked:
            ray.wait(list(asked), num_returns=len(asked), timeout=order["start"] + order["limit"])
        answers = []
        for ref, node in asked.items():
            try:
                answers.append(dict(ray.get(ref, timeout=0), **node))
            except ray.exceptions.GetTimeoutError:
                ray.cancel(ref, force=True)
                answers.append(dict(node, err="no answer within %.0f s" % (order["start"] + order["limit"])))
            except ray.exceptions.RayError as error:
                answers.append(dict(node, err="%s: %s" % (type(error).__name__, " ".join(str(error).split())[:500])))
        return answers


class Actor:
    def __init__(self, options, where):
        self.options, self.node = options, None
        self.handle = CorpusmillActor.options(scheduling_strategy=where, **options).remote()

    def end(self):
        ray.kill(self.handle)


class Actors:
    """The actors without a bundle."""

    def __init__(self):
        self.lock = threading.Lock()
        self.idle = []

    def take(self, options, where, nodes):
        """An actor for a bundle; those of other stages end."""
        dead = nodes.look() if self.idle else ()
        self.end(lambda actor: actor.options != options or actor.node in dead)
        with self.lock:
            if self.idle:
                return self.idle.pop()
        return Actor(options, where)

    def leave(self, actor):
        with self.lock:
            self.idle.append(actor)

    def end(self, which=lambda actor: True):
        with self.lock:
            gone = [actor for actor in self.idle if which(actor)]
            self.idle = [actor for actor in self.idle if actor not in gone]
        for actor in gone:
            actor.end()


class Nodes:
    """The nodes that Ray has lost."""

    def __init__(self):
        self.lock = threading.Lock()
        self.known = self.gone = self.ask()
        self.looked, self.changed = time.monotonic(), float("-inf")
        self.losses = 0  # of nodes, and of bundles by them

    def ask(self):
        return frozenset(n["NodeID"] for n in ray.nodes() if not n["Alive"])

    def look(self):
        """Those that were gone one look ago: the others have heard of it."""
        with self.lock:
            now = time.monotonic()
            if now - self.looked >= LOOK:
                self.known, self.gone, self.looked = self.gone, self.ask(), now
                if self.gone - self.known:
                    self.changed = now
                    self.losses += 1
            return self.known

    def lost(self):
        """Says that a bundle was lost with its node."""
        with self.lock:
            self.losses += 1

    def place(self, cpus, number):
        """A node that is there, by preference; another one for the next number."""
        there = sorted(n["NodeID"] for n in ray.nodes() if n["Alive"] and n["Resources"].get("CPU", 0) >= cpus)
        if not there:
            return "SPREAD"
        return ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(there[number % len(there)], soft=True)

    def swallowed(self, sent):
        """Says whether a bundle may have gone to a node that was lost: it was
        sent before all had heard, and Ray would have told by now if it hadn't."""
        self.look()
        return sent < self.changed + 2 * NEWS and time.monotonic() > max(sent, self.changed) + NEWS
