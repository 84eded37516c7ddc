"""corpusmill on Spark Connect: a bundle of tasks is a job of one partition,
whose events come as its result."""

import json
import os
import tempfile
import threading

import pyspark.errors
from pyspark.sql import SparkSession
from pyspark.sql.functions import spark_partition_id


def corpusmill(batches):
    import json
    import os
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

            events = []
            for some in worker.run(order["job"], order["tasks"], read, order["key"]):
                events += some
            yield pyarrow.RecordBatch.from_pydict({"events": [json.dumps(events)]})


class Engine:
    def __init__(self, init, source):
        self.spark = SparkSession.builder.remote(init["address"]).create()
        self.job = {"folder": init["folder"], "binaries": {}, "memory": 0, "keep": False}
        with tempfile.TemporaryDirectory() as folder:
            for b in init["binaries"]:
                # An artifact has the name of its file.
                path = os.path.join(folder, b["sha256"])
                os.symlink(b["path"], path)
                self.spark.addArtifacts(path, file=True)
                self.job["binaries"][b["platform"]] = b["sha256"]
        cores = self.spark.range(1 << 20).select(spark_partition_id()).distinct().count()
        self.ready = {"cpus": cores, "gpus": 0, "node_cpus": 1, "node_gpus": 0, "node_memory": 0}
        self.source = source
        self.lock = threading.Lock()
        self.running = set()

    def run(self, bundle):
        key = "corpusmill-%d" % bundle["bundle"]
        order = {"source": self.source, "job": dict(self.job, cpus=bundle["resources"]["cpus"]), "tasks": bundle["tasks"], "key": key}
        with self.lock:
            self.running.add(key)
        try:
            self.spark.addTag(key)  # of this thread
            rows = self.spark.createDataFrame([(json.dumps(order),)], "tasks string").coalesce(1).mapInArrow(corpusmill, "events string").collect()
            for row in rows:
                yield json.loads(row.events)
        except pyspark.errors.PythonException:
            raise  # worker.py itself failed
        except pyspark.errors.PySparkException as error:
            text = " ".join(str(error).split())
            if "Job aborted" in text or "OPERATION_CANCELED" in text or "cancelled" in text:
                raise Gone(text[:1000]) from error
            raise
        finally:
            with self.lock:
                self.running.discard(key)

    def kill(self, number):
        self.spark.interruptTag("corpusmill-%d" % number)

    def close(self):
        if self.running:
            self.spark.interruptAll()
        self.spark.stop()
