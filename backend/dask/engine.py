"""corpusmill on Dask: a bundle of tasks is a Dask task, whose events come as its
result. Its begin and its progress come through the scheduler while it runs:
of these some may be missed."""

import os
import queue
import threading

import dask.config
import distributed


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

    def allowance(self):
        """The memory for one child: its share of what the nanny lets the
        worker have before it ends it. 0 is no bound."""
        limit = self.worker.memory_manager.memory_limit
        end = dask.config.get("distributed.worker.memory.terminate", 0.95)
        if not limit or not end:
            return 0
        own = self.worker.monitor.get_process_memory()
        return max(int((limit * end - own) / self.worker.state.nthreads), 64 << 20)


def corpusmill(name, topic, job, tasks, key):
    worker = distributed.get_worker()
    plugin = worker.plugins[name]
    limit = plugin.allowance()
    if limit:
        # Go collects garbage harder from here on, and is ended at limit.
        job = dict(job, memory=int(limit * 0.85))
    results = []
    for events in plugin.module.run(job, tasks, plugin.read, key, limit):
        news = [e for e in events if e["kind"] in ("begin", "progress")]
        results += [e for e in events if e not in news]
        if news or not events:
            worker.log_event(topic, {"key": key, "events": news})
    return results


def vanished(dask_scheduler):
    """The plugins of clients that have gone without a word."""
    return [name for name in dask_scheduler.worker_plugins
            if name.startswith("corpusmill-") and name.removeprefix("corpusmill-") not in dask_scheduler.clients]


class Engine:
    def __init__(self, init, source):
        where = {"scheduler_file": init["address"]} if os.path.exists(init["address"]) else {"address": init["address"]}
        self.client = distributed.Client(timeout=60, set_as_default=False, **where)
        self.client.wait_for_workers(1, timeout=60)
        workers = self.client.scheduler_info(n_workers=-1)["workers"].values()
        gpus = [w["resources"].get("GPU", 0) for w in workers]
        self.ready = {
            "cpus": sum(w["nthreads"] for w in workers), "gpus": sum(gpus),
            # A task is one thread of a worker.
            "node_cpus": 1, "node_gpus": max(gpus, default=0),
            "node_memory": max((w["memory_limit"] or 0 for w in workers), default=0),
        }
        for name in self.client.run_on_scheduler(vanished):
            self.client.unregister_worker_plugin(name)
        self.name = "corpusmill-" + self.client.id
        self.job = {"folder": init["folder"], "binaries": {}, "keep": True}
        programs = {}
        for b in init["binaries"]:
            with open(b["path"], "rb") as f:
                programs[b["sha256"]] = f.read()
            self.job["binaries"][b["platform"]] = b["sha256"]
        self.client.register_plugin(
            Programs(self.name, source, init["folder"], self.job["binaries"], programs), name=self.name)
        self.lock = threading.Lock()
        self.running = {}
        self.client.subscribe_topic(self.name, self.hear)

    def hear(self, event):
        _, message = event
        with self.lock:
            running = self.running.get(message["key"])
        if running is not None:
            running[0].put(message["events"])

    def run(self, bundle):
        need = bundle["resources"]
        key = "%s-%d" % (self.name, bundle["bundle"])
        heard = queue.SimpleQueue()
        with self.lock:
            self.running[key] = heard, None
        future = self.client.submit(
            corpusmill, self.name, self.name, dict(self.job, cpus=need["cpus"], memory=0), bundle["tasks"], key,
            key=key, pure=False, retries=0, resources={"GPU": need["gpus"]} if need["gpus"] else None)
        with self.lock:
            self.running[key] = heard, future
        future.add_done_callback(lambda _: heard.put(None))
        try:
            while (events := heard.get()) is not None:
                yield events
            yield future.result(timeout=60)
        except (distributed.KilledWorker, distributed.CancelledError, distributed.comm.CommClosedError, TimeoutError) as error:
            raise Gone("%s: %s" % (type(error).__name__, error)) from error
        finally:
            with self.lock:
                del self.running[key]
            future.release()

    def kill(self, number):
        with self.lock:
            _, future = self.running.get("%s-%d" % (self.name, number), (None, None))
        if future is not None:
            future.cancel(force=True)

    def close(self):
        with self.lock:
            futures = [f for _, f in self.running.values() if f is not None]
        self.client.cancel(futures, force=True)
        self.client.unsubscribe_topic(self.name)
        self.client.unregister_worker_plugin(self.name)
        self.client.close(timeout=5)
