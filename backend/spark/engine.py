"""corpusmill on Spark Connect: a bundle of tasks is a job of one partition,
whose events come as its result. Spark says nothing of a job that runs: its
begin, its progress and its signs of life come by a file in the run folder. A
bundle ends when that file is gone, or the driver no longer renews its lease."""

import glob
import itertools
import json
import os
import queue
import tempfile
import threading

import pyspark.errors
from pyspark.sql import SparkSession
from pyspark.sql.functions import broadcast, spark_partition_id


def corpusmill(batches):
    import json
    import os
    import time
    import types

    import pyarrow
    from pyspark import SparkFiles

    for batch in batches:
        for text in batch.column(0).to_pylist():
            order = json.loads(text)
            worker = types.ModuleType("corpusmill_worker")
            exec(compile(order["source"], "corpusmill_worker", "exec"), worker.__dict__)

            def read(sha):
                with open(SparkFiles.get(sha), "rb") as f:
                    return f.read()

            # Files are opened anew for each look and each line: what a network file
            # system keeps consistent between machines.
            def lease():
                with open(order["lease"], "rb") as f:
                    return f.read()

            def sign(news):
                with open(os.open(order["signs"], os.O_WRONLY | os.O_APPEND), "wb") as f:
                    f.write(json.dumps(news).encode() + b"\n")

            events, held, since = [], None, time.monotonic()
            for some in worker.run(order["job"], order["tasks"], read, order["key"]):
                news = [e for e in some if e["kind"] in ("begin", "progress", "said")]
                events += [e for e in some if e not in news]
                if news or not some:
                    try:
                        sign(news)
                        now = lease()
                    except FileNotFoundError:
                        raise RuntimeError(order["unwanted"]) from None
                    except OSError:
                        continue  # a full disk, of which the tasks tell
                    if now != held:
                        held, since = now, time.monotonic()
                    elif time.monotonic() - since > 30:
                        raise RuntimeError(order["unwanted"])
            yield pyarrow.RecordBatch.from_pydict({"events": [json.dumps(events)]})


def look(batches):
    """Probes this host, unless another task does: then it keeps its place for
    a moment, so that tasks come to other executors."""
    import json
    import os
    import socket
    import tempfile
    import time
    import types

    import pyarrow
    from pyspark import SparkFiles

    for batch in batches:
        for text in batch.column(0).to_pylist():
            order = json.loads(text)
            host = os.environ.get("SPARK_LOCAL_HOSTNAME") or socket.gethostname()
            mark = os.path.join(tempfile.gettempdir(), "corpusmill-probe-%s-%s" % (order["order"]["request"]["nonce"], host))
            try:
                os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                time.sleep(1)
                continue
            try:
                worker = types.ModuleType("corpusmill_probe")
                exec(compile(order["source"], "corpusmill_probe", "exec"), worker.__dict__)

                def read(sha):
                    with open(SparkFiles.get(sha), "rb") as f:
                        return f.read()

                answer = dict(worker.probe(order["binaries"], read, order["order"]), node=host)
                yield pyarrow.RecordBatch.from_pydict({"answer": [json.dumps(answer)]})
            finally:
                os.unlink(mark)


# Seconds between looks for signs of life of the bundles, and between those that
# the driver gives.
LOOK = 0.5
RENEW = 3.0


# What a bundle says that ends because nobody waits for it.
UNWANTED = "the driver of this bundle is gone or has given it up"


def forget(path):
    try:
        os.unlink(path)
    except OSError:
        pass  # another has, or the run's folder has gone


def news(signs, seen):
    """Yields what a bundle has said since the last look, which ended at a place
    in its file; returns where this one does."""
    try:
        with open(signs, "rb") as f:
            f.seek(seen)
            whole, line, _ = f.read().rpartition(b"\n")
    except FileNotFoundError:
        return seen  # it was ended
    for text in whole.splitlines():
        try:
            yield json.loads(text)
        except ValueError:
            yield []  # a full disk has cut it
    return seen + len(whole) + len(line)


class Engine:
    def __init__(self, init, source):
        self.spark = SparkSession.builder.remote(init["address"]).create()
        self.job = {"folder": init["folder"], "dir": init["dir"], "binaries": {}, "env": init["env"], "memory": 0, "keep": False}
        with tempfile.TemporaryDirectory() as folder:
            for b in init["binaries"]:
                # An artifact has the name of its file.
                path = os.path.join(folder, b["sha256"])
                os.symlink(b["path"], path)
                self.spark.addArtifacts(path, file=True)
                self.job["binaries"][b["platform"]] = b["sha256"]
        cores = self.spark.range(1 << 20).select(spark_partition_id()).distinct().count()
        self.ready = {"cpus": cores, "gpus": 0, "node_cpus": 1, "node_gpus": 0, "node_memory": 0}
        for path in glob.glob(os.path.join(glob.escape(init["folder"]), "signs-*")):
            forget(path)  # of a driver that was killed: its bundles end
        self.lease = os.path.join(init["folder"], "signs-" + self.spark.session_id)
        with open(self.lease, "wb"):
            pass
        self.closed = threading.Event()
        threading.Thread(target=self.renew, daemon=True).start()
        self.source = source
        self.lock = threading.Lock()
        self.running = set()

    def run(self, bundle):
        key = "corpusmill-%d" % bundle["bundle"]
        signs = self.lease + "-" + key
        with open(signs, "wb"):
            pass  # the worker writes it only as long as it is there
        order = {"source": self.source, "job": dict(self.job, cpus=bundle["resources"]["cpus"]), "tasks": bundle["tasks"], "key": key, "signs": signs, "lease": self.lease, "unwanted": UNWANTED}
        with self.lock:
            self.running.add(key)
        ended, seen = queue.SimpleQueue(), 0
        threading.Thread(target=self.collect, args=(key, json.dumps(order), ended), daemon=True).start()
        try:
            while True:
                try:
                    rows, error = ended.get(timeout=LOOK)
                    break
                except queue.Empty:
                    seen = yield from news(signs, seen)
            yield from news(signs, seen)
            if error is not None:
                raise error
            for row in rows:
                yield json.loads(row.events)
        except pyspark.errors.PythonException as error:
            if UNWANTED in str(error):
                raise Gone(UNWANTED) from error
            raise  # worker.py itself failed
        except pyspark.errors.PySparkException as error:
            text = " ".join(str(error).split())
            if "Job aborted" in text or "OPERATION_CANCELED" in text or "cancelled" in text:
                raise Gone(text[:1000]) from error
            raise
        finally:
            with self.lock:
                self.running.discard(key)
            forget(signs)

    def renew(self):
        """Shows the bundles that this driver lives."""
        for n in itertools.count():
            try:
                with open(os.open(self.lease, os.O_WRONLY | os.O_TRUNC), "wb") as f:
                    f.write(b"%d" % n)
            except OSError:
                pass  # a full disk, or the run is over
            if self.closed.wait(RENEW):
                return

    def collect(self, key, order, ended):
        """Runs a job, which nothing but Spark can stop."""
        try:
            self.spark.addTag(key)  # of this thread
            ended.put((self.spark.createDataFrame([(order,)], "tasks string").coalesce(1).mapInArrow(corpusmill, "events string").collect(), None))
        except BaseException as error:
            ended.put((None, error))

    def kill(self, number):
        key = "corpusmill-%d" % number
        forget(self.lease + "-" + key)
        self.spark.interruptTag(key)

    def close(self):
        self.closed.set()
        forget(self.lease)
        if self.running:
            self.spark.interruptAll()
        self.spark.stop()

    def probe(self, order):
        """As many tasks at once as there are CPUs: Spark places none on a
        machine of one's choice, so a busy one may be missed."""
        order = dict(order, package="pyspark")
        text = json.dumps({"source": self.source, "binaries": self.job["binaries"], "order": order})
        tasks = min(self.ready["cpus"], 1000)
        late = threading.Timer(order["start"] + order["limit"], lambda: self.spark.interruptTag("corpusmill-probe"))
        late.daemon = True
        late.start()
        self.spark.addTag("corpusmill-probe")
        try:
            # As a literal it would show in the plan, and it may hold a key.
            one = broadcast(self.spark.createDataFrame([(text,)], "order string"))
            rows = self.spark.range(0, tasks, 1, tasks).crossJoin(one).select("order").mapInArrow(look, "answer string").collect()
        finally:
            late.cancel()
        answers = [json.loads(row.answer) for row in rows]
        return list({a["node"]: a for a in answers}.values())
