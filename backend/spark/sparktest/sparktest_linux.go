// Package sparktest starts Spark for tests.
package sparktest

import (
	"context"
	"crypto/rand"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"testing"

	"corpusmill/backend/shim/shimtest"
	"corpusmill/internal/netns"
)

// Cluster is a standalone Spark whose parts know a common secret: a master and a
// Connect server with a token on the first machine, and a worker with an
// executor of one core on each.
type Cluster struct {
	Machines []*netns.Machine
	Address  string // of the Connect server
	Python   string // runs on the first machine
	Dir      string // the cluster's own files
	Workers  []*shimtest.Daemon

	home string
	env  []string
	t    testing.TB
}

// Start starts Spark on n machines. It ends with the test.
func Start(t testing.TB, n int) *Cluster {
	t.Helper()
	c := &Cluster{Machines: netns.New(t, n), Dir: t.TempDir(), t: t}
	bin := shimtest.Bin(t)
	if _, err := osexec.LookPath("java"); err != nil {
		netns.Skip(t, "Spark needs Java")
	}
	head, python, token := c.Machines[0], filepath.Join(bin, "python"), rand.Text()
	home, err := osexec.Command(python, "-c", "import os, pyspark; print(os.path.dirname(pyspark.__file__), end='')").Output()
	if err != nil {
		t.Fatal(err)
	}
	c.home = string(home)
	// A token without encryption is for this machine alone.
	c.Address = "sc://localhost:15002/;token=" + token
	c.Python = head.Program(t, python)
	conf := "spark.authenticate true\nspark.authenticate.secret " + rand.Text() + `
spark.master.rest.enabled false
spark.ui.enabled false
spark.master.ui.port 0
spark.worker.ui.port 0
spark.network.timeout 20s
spark.network.timeoutInterval 10s
spark.storage.blockManagerHeartbeatTimeoutMs 20000
spark.executor.heartbeatInterval 4s
spark.worker.timeout 15
spark.executor.memory 512m
spark.driver.memory 512m
spark.executor.cores 1
spark.connect.grpc.binding.address 127.0.0.1
spark.local.dir ` + c.Dir + "\n"
	path := filepath.Join(c.Dir, "spark-defaults.conf")
	if err := os.WriteFile(path, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	c.env = []string{"SPARK_HOME=" + c.home, "SPARK_CONF_DIR=" + c.Dir, "PYSPARK_PYTHON=" + python, "SPARK_CONNECT_AUTHENTICATE_TOKEN=" + token,
		"SPARK_DAEMON_MEMORY=512m", "SPARK_WORKER_DIR=" + filepath.Join(c.Dir, "work")}
	master := c.class(head, "org.apache.spark.deploy.master.Master", "--host", head.IP, "--port", "7077", "--webui-port", "0")
	c.says(master, "New state: ALIVE")
	for _, m := range c.Machines {
		c.Workers = append(c.Workers, c.class(m, "org.apache.spark.deploy.worker.Worker", "--host", m.IP, "--cores", "1", "--memory", "1g", "--webui-port", "0", c.master()))
	}
	server := c.run(head, filepath.Join(c.home, "bin", "spark-submit"), "--class", "org.apache.spark.sql.connect.service.SparkConnectServer",
		"--master", c.master(), "--conf", "spark.driver.host="+head.IP, "--conf", "spark.driver.bindAddress="+head.IP)
	for _, w := range c.Workers {
		c.says(w, "Successfully registered with master")
	}
	c.says(server, "Spark Connect server started")
	return c
}

func (c *Cluster) master() string { return "spark://" + c.Machines[0].IP + ":7077" }

// class runs one of Spark's own programs on a machine.
func (c *Cluster) class(m *netns.Machine, name string, args ...string) *shimtest.Daemon {
	c.t.Helper()
	return c.run(m, filepath.Join(c.home, "bin", "spark-class"), append([]string{name}, args...)...)
}

func (c *Cluster) run(m *netns.Machine, program string, args ...string) *shimtest.Daemon {
	c.t.Helper()
	return shimtest.Start(c.t, m, c.Dir, append([]string{"SPARK_LOCAL_IP=" + m.IP, "SPARK_LOCAL_HOSTNAME=" + m.IP}, c.env...), program, args...)
}

func (c *Cluster) says(d *shimtest.Daemon, text string) {
	c.t.Helper()
	d.Wait(c.t, func(context.Context) bool { return strings.Contains(d.Said(), text) })
}
