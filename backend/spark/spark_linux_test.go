package spark_test

import (
	"context"
	"crypto/rand"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"corpusmill/backend/backendtest"
	"corpusmill/backend/shim/shimtest"
	"corpusmill/backend/spark"
	"corpusmill/exec"
	"corpusmill/internal/netns"
)

func TestMain(m *testing.M) { shimtest.Main(m) }

func TestSpark(t *testing.T) {
	bin, m := shimtest.Bin(t), netns.New(t, 1)[0]
	if _, err := osexec.LookPath("java"); err != nil {
		netns.Skip(t, "Spark needs Java")
	}
	dir, token := t.TempDir(), rand.Text()
	// A token without encryption is for this machine alone.
	address := "sc://localhost:15002/;token=" + token
	python := filepath.Join(bin, "python")
	home, err := osexec.Command(python, "-c", "import os, pyspark; print(os.path.dirname(pyspark.__file__), end='')").Output()
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"SPARK_HOME=" + string(home), "PYSPARK_PYTHON=" + python, "SPARK_LOCAL_IP=127.0.0.1", "SPARK_LOCAL_HOSTNAME=localhost",
		"SPARK_CONNECT_AUTHENTICATE_TOKEN=" + token}
	d := shimtest.Start(t, m, dir, env, filepath.Join(string(home), "bin", "spark-submit"),
		"--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "--master", "local-cluster[2,1,1024]",
		"--driver-memory", "512m", "--conf", "spark.executor.memory=512m", "--conf", "spark.ui.enabled=false",
		"--conf", "spark.connect.grpc.binding.address=127.0.0.1", "--conf", "spark.driver.host=127.0.0.1")
	driver := m.Program(t, python)
	d.Wait(t, func(context.Context) bool {
		return strings.Contains(d.Said(), "Spark Connect server started")
	})
	began := time.Now()
	backend := shimtest.New(t, spark.Engine(address), driver, func() int64 { return int64(time.Since(began)) })
	backendtest.Run(t, backendtest.Engine{New: func() exec.Backend { return backend() }, Apart: true, Slowest: true})
}
