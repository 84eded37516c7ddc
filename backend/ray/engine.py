"""corpusmill on Ray: a bundle of tasks is a Ray task whose events stream back."""

import ray
import ray.exceptions


@ray.remote(num_returns="streaming", max_retries=0)
def corpusmill(name, source, refs, job, tasks, number):
    import sys
    import types

    import ray

    worker = sys.modules.get(name)
    if worker is None:
        worker = types.ModuleType(name)
        exec(compile(source, name, "exec"), worker.__dict__)
        sys.modules[name] = worker
    yield from worker.run(job, tasks, lambda sha: ray.get(refs[sha]), number)


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
        }
        self.name = "corpusmill_worker_" + init["version"]
        self.source = ray.put(source)
        self.refs, self.job = {}, {"folder": init["folder"], "binaries": {}, "keep": True}
        for b in init["binaries"]:
            with open(b["path"], "rb") as f:
                self.refs[b["sha256"]] = ray.put(f.read())
            self.job["binaries"][b["platform"]] = b["sha256"]
        self.running = {}

    def run(self, bundle):
        need = bundle["resources"]
        job = dict(self.job, cpus=need["cpus"], memory=bundle["limit"])
        options = {"num_cpus": need["cpus"], "num_gpus": need["gpus"], "scheduling_strategy": "SPREAD"}
        if need["memory"]:
            options["memory"] = need["memory"]
        stream = corpusmill.options(**options).remote(self.name, self.source, self.refs, job, bundle["tasks"], bundle["bundle"])
        self.running[bundle["bundle"]] = stream
        try:
            for ref in stream:
                yield ray.get(ref)
        except ray.exceptions.RayTaskError:
            raise  # worker.py itself failed: it would fail elsewhere too
        except ray.exceptions.RayError as error:
            raise Gone("%s: %s" % (type(error).__name__, " ".join(str(error).split()))) from error
        finally:
            del self.running[bundle["bundle"]]

    def kill(self, number):
        stream = self.running.get(number)
        if stream is not None:
            ray.cancel(stream, force=True)

    def close(self):
        for number in list(self.running):
            self.kill(number)
        ray.shutdown()
