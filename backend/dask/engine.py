"""corpusmill on Dask: a bundle of tasks is a Dask task, whose events come as its
result. Its begin and its progress come through the scheduler while it runs:
of these some may be missed."""

import os
import queue
import sys
import threading
import time

import dask.config
import distributed


# Bytes that a child's bound is a multiple of. No bound that there is is less.
COARSE = 64 << 20


class Programs(distributed.WorkerPlugin):
    """Brings worker.py and the binaries to every worker, and ends bundles that
    nobody wants any more: those of a client that has gone."""

    def __init__(self, name, source, folder, binaries, programs):
        self.name, self.source, self.folder = name, source, folder
        self.binaries, self.programs = binaries, programs

    def setup(self, worker):
        import types

        module = types.ModuleType("corpusmill_worker")
        exec(compile(self.source, "corpusmill_worker", "exec"), module.__dict__)
        self.module, self.worker = module, worker
        # Dask pauses and spills by what this tells.
        self.own = worker.monitor.get_process_memory
        worker.monitor.get_process_memory = self.memory
        try:
            module.place(self.binaries, self.read)
            self.programs = {}
        except Exception:
            pass  # a bundle that comes here says why

    def read(self, sha):
        if sha not in self.programs:
            raise self.module.Lost("the program has gone from this machine's folder for temporary files")
        return self.programs[sha]

    def transition(self, key, start, finish, **kwargs):
        if start in ("executing", "long-running") and finish in ("cancelled", "released", "forgotten"):
            self.module.kill(key)

    def teardown(self, worker):
        self.module.stop(self.folder)
        if worker.monitor.get_process_memory == self.memory:
            worker.monitor.get_process_memory = self.own

    def memory(self):
        """What the worker has with its children."""
        return self.own() + self.module.resident()

    def paused(self):
        return self.worker.status == distributed.Status.paused

    def share(self, of):
        """One child's share of a part of the worker's memory, one of Dask's
        settings. 0 is no bound."""
        limit = self.worker.memory_manager.memory_limit
        part = dask.config.get("distributed.worker.memory." + of, False)
        if not limit or not part:
            return 0
        return max(int((limit * part - self.own()) / self.worker.state.nthreads), 64 << 20)


def corpusmill(name, topic, job, tasks, key):
    worker = distributed.get_worker()
    plugin = worker.plugins.get(name)
    if plugin is None:
        return [{"task": t["id"], "attempt": t["attempt"], "kind": "lost", "err": "%s has not got the program" % worker.address} for t in tasks]
    # Go collects garbage harder from there on where Dask would spill, and the
    # child is ended where the nanny would end the worker.
    # It serves further bundles as long as its bound is the same, so that must not
    # follow each page that the worker takes or gives back.
    spill = plugin.share("spill")
    job = dict(job, memory=spill // COARSE * COARSE)
    results = []
    for events in plugin.module.run(job, tasks, plugin.read, key, plugin.share("terminate"), plugin.paused):
        news = [e for e in events if e["kind"] in ("begin", "progress", "said")]
        results += [e for e in events if e not in news]
        if news or not events:
            worker.log_event(topic, {"key": key, "worker": worker.address, "events": news})
    return results


async def look(name, order, dask_worker):
    import asyncio

    plugin = dask_worker.plugins[name]
    return await asyncio.to_thread(plugin.module.probe, plugin.binaries, plugin.read, order)


def vanished(dask_scheduler):
    """The plugins of clients that have gone without a word."""
    return [name for name in dask_scheduler.worker_plugins
            if name.startswith("corpusmill-") and name.removeprefix("corpusmill-") not in dask_scheduler.clients]


# Seconds for which a worker gets no bundle after one that gave no sign of life
# there, unless it gives one.
SULK = 300.0


class Running:
    """A bundle."""

    def __init__(self):
        self.heard, self.future, self.worker = queue.SimpleQueue(), None, None
        self.moved = False  # away from a worker that doesn't answer, before that began it


def share(worker):
    """A thread's share of a worker's memory; all that there is without a limit."""
    return worker["memory_limit"] / worker["nthreads"] if worker["memory_limit"] else 1 << 62


class Engine:
    def __init__(self, init, source):
        where = {"scheduler_file": init["address"]} if os.path.exists(init["address"]) else {"address": init["address"]}
        self.client = distributed.Client(timeout=60, set_as_default=False, **where)
        for name in self.client.run_on_scheduler(vanished):
            self.client.unregister_worker_plugin(name)
        self.name = "corpusmill-" + self.client.id
        self.job = {"folder": init["folder"], "dir": init["dir"], "binaries": {}, "env": init["env"], "keep": True}
        programs = {}
        for b in init["binaries"]:
            with open(b["path"], "rb") as f:
                programs[b["sha256"]] = f.read()
            self.job["binaries"][b["platform"]] = b["sha256"]
        self.register(Programs(self.name, source, init["folder"], self.job["binaries"], programs))
        # A cluster that adapts has no worker as long as no task waits for one.
        first = self.client.submit(int, pure=False)
        self.client.wait_for_workers(1, timeout=150)
        first.release()
        self.ready = self.look()
        self.lock = threading.Lock()
        self.running = {}
        self.silent = {}  # workers whose bundles had to be ended, with the time until when they get none
        self.client.subscribe_topic(self.name, self.hear)

    def register(self, plugin):
        """Brings a plugin to all workers. One that leaves meanwhile, as those of
        a cluster that adapts do, or doesn't answer makes that fail, for others
        too: bundles that come to a worker without the plugin say so."""
        for _ in range(3):
            try:
                return self.client.register_plugin(plugin, name=plugin.name)
            except (OSError, KeyError) as error:
                print("registering with all workers:", error, file=sys.stderr)
                time.sleep(1)

    def look(self):
        self.workers = self.client.scheduler_info(n_workers=-1)["workers"]
        workers = self.workers.values()
        gpus = [w["resources"].get("GPU", 0) for w in workers]
        return {
            "cpus": sum(w["nthreads"] for w in workers), "gpus": sum(gpus),
            # A task is one thread of a worker, and has the thread's share of its memory.
            "node_cpus": 1, "node_gpus": max(gpus, default=0),
            "node_memory": max((share(w) for w in workers), default=0),
        }

    def hear(self, event):
        _, message = event
        with self.lock:
            running = self.running.get(message["key"])
            self.silent.pop(message["worker"], None)
        if running is not None:
            running.worker = message["worker"]
            running.heard.put(message["events"])

    def choose(self, memory):
        """The workers that a bundle may go to; None for all."""
        now = time.monotonic()
        with self.lock:
            self.silent = {address: until for address, until in self.silent.items() if until > now}
            silent = set(self.silent)
        if not silent and not memory:
            return None
        able = [a for a, w in self.workers.items() if share(w) >= memory]
        return [a for a in able if a not in silent] or able

    def run(self, bundle):
        need = bundle["resources"]
        key = "%s-%d" % (self.name, bundle["bundle"])
        running = Running()
        with self.lock:
            self.running[key] = running
        running.future = future = self.client.submit(
            corpusmill, self.name, self.name, dict(self.job, cpus=need["cpus"], memory=0, hold=need["hold"]), bundle["tasks"], key,
            key=key, pure=False, retries=0, resources={"GPU": need["gpus"]} if need["gpus"] else None, workers=self.choose(need["memory"]))
        future.add_done_callback(lambda _: running.heard.put(None))
        try:
            while (events := running.heard.get()) is not None:
                yield events
            yield future.result(timeout=60)
        except (distributed.KilledWorker, distributed.CancelledError, distributed.comm.CommClosedError, TimeoutError) as error:
            raise (Unbegun if running.moved else Gone)("%s: %s" % (type(error).__name__, error)) from error
        finally:
            with self.lock:
                del self.running[key]
            future.release()

    def kill(self, number):
        key = "%s-%d" % (self.name, number)
        with self.lock:
            running = self.running.get(key)
        if running is None:
            return
        lost = [running]
        has = self.client.processing(workers=[running.worker] if running.worker else None)
        worker = running.worker or next((w for w, keys in has.items() if key in keys), None)
        if worker is not None:
            with self.lock:
                if running.worker is not None or all(r.worker != worker for r in self.running.values()):
                    # Those that wait there would wait for it.
                    self.silent[worker] = time.monotonic() + SULK
                    waiting = [self.running[k] for k in has.get(worker, ()) if k in self.running and k != key]
                    for r in waiting:
                        r.moved = r.worker is None
                    lost += waiting
        for r in lost:
            if r.future is not None:
                r.future.cancel(force=True)

    def close(self):
        with self.lock:
            futures = [r.future for r in self.running.values() if r.future is not None]
        self.client.cancel(futures, force=True)
        self.client.unsubscribe_topic(self.name)
        self.client.unregister_worker_plugin(self.name)
        self.client.close(timeout=5)

    def probe(self, order):
        """One probe by a worker of each host, beside what its threads do."""
        order = dict(order, package="distributed")
        hosts = {}
        for address, worker in self.client.scheduler_info(n_workers=-1)["workers"].items():
            host = hosts.setdefault(worker["host"], {"node": worker["host"], "by": address, "engine_cpus": 0, "engine_gpus": 0})
            host["engine_cpus"] += worker["nthreads"]
            host["engine_gpus"] += worker["resources"].get("GPU", 0)
        came = queue.SimpleQueue()

        def ask(host):
            try:
                answer = self.client.run(look, self.name, order, workers=[host["by"]])[host["by"]]
            except Exception as error:
                answer = {"err": "%s: %s" % (type(error).__name__, " ".join(str(error).split())[:500])}
            came.put((host["node"], answer))

        for host in hosts.values():
            threading.Thread(target=ask, args=(host,), daemon=True).start()
        patience = order["start"] + order["limit"]
        end, answers = time.monotonic() + patience, {}
        while len(answers) < len(hosts):
            try:
                name, answer = came.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                break
            answers[name] = answer
        late = {"err": "no answer within %.0f s" % patience}
        return [dict(answers.get(h["node"], late), **{k: v for k, v in h.items() if k != "by"}) for h in hosts.values()]
