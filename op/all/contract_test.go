package all_test

import (
	"testing"

	"corpusmill/op"
	_ "corpusmill/op/all"
	"corpusmill/op/optest"
)

func TestContract(t *testing.T) {
	names := op.Names()
	if len(names) == 0 {
		t.Fatal("no operator is registered")
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) { optest.Contract(t, name) })
	}
}
