package dask_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"corpusmill/backend/backendtest"
	"corpusmill/backend/dask"
	"corpusmill/backend/shim/shimtest"
	"corpusmill/exec"
	"corpusmill/internal/netns"
)

func TestMain(m *testing.M) { shimtest.Main(m) }

func TestDask(t *testing.T) {
	bin, machines := shimtest.Bin(t), netns.New(t, 2)
	dir := t.TempDir()
	cert := certificate(t, dir)
	for _, v := range []string{"CA_FILE", "CLIENT__CERT", "CLIENT__KEY", "SCHEDULER__CERT", "SCHEDULER__KEY", "WORKER__CERT", "WORKER__KEY"} {
		t.Setenv("DASK_DISTRIBUTED__COMM__TLS__"+v, cert)
	}
	t.Setenv("DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION", "true")
	address := "tls://" + machines[0].IP + ":8786"
	program := filepath.Join(bin, "dask")
	scheduler := shimtest.Start(t, machines[0], dir, nil, program, "scheduler", "--protocol", "tls", "--host", machines[0].IP, "--port", "8786", "--no-dashboard")
	says(t, scheduler, "Scheduler at:")
	for _, m := range machines {
		d := shimtest.Start(t, m, dir, nil, program, "worker", address, "--host", m.IP, "--nworkers", "1", "--nthreads", "1",
			"--memory-limit", "1GiB", "--no-dashboard", "--local-directory", filepath.Join(dir, m.Name))
		says(t, d, "Registered to:")
	}
	python := machines[0].Program(t, filepath.Join(bin, "python"))
	began := time.Now()
	backend := shimtest.New(t, dask.Engine(address), python, func() int64 { return int64(time.Since(began)) })
	backendtest.Run(t, backendtest.Engine{New: func() exec.Backend { return backend() }, Apart: true, Slow: true, Limited: true, Strikes: []backendtest.Strike{
		{Name: "worker process killed", Do: func(t *testing.T) { machines[1].KillOne(t, "spawn_main") }},
		{Name: "node lost", Do: func(t *testing.T) { machines[1].Cut(t) }},
	}})
}

func says(t *testing.T, d *shimtest.Daemon, text string) {
	t.Helper()
	d.Wait(t, func(context.Context) bool { return strings.Contains(d.Said(), text) })
}

// certificate makes a key with a certificate that is its own authority, in
// one file.
func certificate(t *testing.T, dir string) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	out := append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})...)
	path := filepath.Join(dir, "tls.pem")
	if err := os.WriteFile(path, out, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
