package exec

import (
	"testing"
	"time"
)

// BenchmarkMonitoredTask is what measuring adds to a task that does nothing.
func BenchmarkMonitoredTask(b *testing.B) {
	began := time.Now()
	m := newMonitor(func() int64 { return int64(time.Since(began)) })
	defer m.close()
	m.joined()
	for b.Loop() {
		m.begin(0)
		m.end()
		if m.usage() == nil {
			b.Fatal("nothing was measured")
		}
	}
}

// BenchmarkMonitorLook is one look at the process's memory.
func BenchmarkMonitorLook(b *testing.B) {
	var now int64
	m := newMonitor(func() int64 { return now })
	defer m.close()
	m.joined()
	m.begin(0)
	for b.Loop() {
		now += int64(leastInterval)
		m.settle()
		m.look()
	}
}
