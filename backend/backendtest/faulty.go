package backendtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"

	"corpusmill/op"
	"corpusmill/record"
)

type faultyParams struct {
	Marker string `json:"marker" doc:"file that says that KILL or HOARD has struck already; without one they always do"`
}

func init() {
	op.Register(op.Spec{
		Name:    "faulty_mapper",
		Summary: "Goes wrong where the text asks for it, and counts the rows that each instance has seen.",
		Kind:    op.KindMapper,
		CanFail: true,
		Version: 1,
		Doc: `PANIC, ERROR and FATAL in the text do what they say. KILL ends the process. WAIT takes 50 ms. HOARD takes 2 GiB of memory within some seconds, once as KILL does. COUNT is
replaced by how many rows this instance has seen.`,
		Examples: []op.Example{{In: `{"text":"as it was"}`, Want: `{"text":"as it was"}`}},
	}, faultyParams{}, func(p faultyParams) (op.Operator, error) { return &faulty{params: p}, nil })
}

type faulty struct {
	op.Base
	params faultyParams
	text   record.Path
}

func (o *faulty) Open(_ context.Context, env *op.Env) error {
	o.text = env.Text()
	return nil
}

func (o *faulty) New(*op.Worker) (any, error) { return &faultyInstance{faulty: o}, nil }

type faultyInstance struct {
	*faulty
	seen int
}

var errFull = fmt.Errorf("writing a cache: %w", syscall.ENOSPC)

func (o *faultyInstance) Map(r *record.Record) error {
	o.seen++
	text := r.Text(o.text)
	switch {
	case bytes.Contains(text, []byte("COUNT")):
		r.SetText(o.text, fmt.Appendf(r.Buffer(o.text), "row %d of this instance", o.seen))
	case bytes.Contains(text, []byte("PANIC")):
		var rows []int
		r.SetInt(0, int64(rows[len(text)]))
	case bytes.Contains(text, []byte("ERROR")):
		return errors.New("the text asks for an error")
	case bytes.Contains(text, []byte("FATAL")):
		return op.Fatal(errFull)
	case bytes.Contains(text, []byte("WAIT")):
		time.Sleep(50 * time.Millisecond)
	case bytes.Contains(text, []byte("HOARD")):
		return o.hoard()
	case bytes.Contains(text, []byte("KILL")):
		return o.kill()
	}
	return nil
}

// first says whether nothing has struck yet, and notes that it does now.
func (o *faultyInstance) first() (bool, error) {
	if o.params.Marker == "" {
		return true, nil
	}
	f, err := os.OpenFile(o.params.Marker, os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, os.ErrExist) {
		return false, nil
	}
	if err != nil {
		return false, op.Fatal(err)
	}
	return true, f.Close()
}

func (o *faultyInstance) hoard() error {
	if first, err := o.first(); !first {
		return err
	}
	var hoard [][]byte
	for range 32 {
		part := make([]byte, 64<<20)
		for i := 0; i < len(part); i += os.Getpagesize() {
			part[i] = 1
		}
		hoard = append(hoard, part)
		time.Sleep(200 * time.Millisecond)
	}
	runtime.KeepAlive(hoard)
	return nil
}

func (o *faultyInstance) kill() error {
	if first, err := o.first(); !first {
		return err
	}
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		return op.Fatal(err)
	}
	if err := self.Kill(); err != nil {
		return op.Fatal(err)
	}
	select {} // until the signal arrives
}
