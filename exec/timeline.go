package exec

import "time"

// maxPoints bounds a timeline.
const maxPoints = 1000

// point is what was taken in one interval of a timeline. Each figure is summed
// over time, in its unit times seconds.
type point struct {
	slots float64 // of the workers that were busy
	cpu   float64 // CPU seconds of workers
	// memory is what the busy workers had, in bytes.
	memory float64
	// gpus is the number of devices that were seen, and gpuUse and gpuMemory
	// are over all of them.
	gpus, gpuUse, gpuMemory float64
	// own is the time that the driver was looked at.
	own, ownCPU, ownMemory float64
}

func (p *point) add(o point, share float64) {
	p.slots += share * o.slots
	p.cpu += share * o.cpu
	p.memory += share * o.memory
	p.gpus += share * o.gpus
	p.gpuUse += share * o.gpuUse
	p.gpuMemory += share * o.gpuMemory
	p.own += share * o.own
	p.ownCPU += share * o.ownCPU
	p.ownMemory += share * o.ownMemory
}

// timeline is what was taken over a time, in at most maxPoints intervals of
// one length: each time there are too many, two become one.
type timeline struct {
	began  int64 // nanoseconds of the driver's clock
	width  int64 // of an interval, in nanoseconds
	points []point
}

func newTimeline(began int64) timeline {
	return timeline{began: began, width: int64(samplingInterval)}
}

// spread adds what was taken between two moments, evenly.
func (t *timeline) spread(from, to int64, p point) {
	from, to = max(from, t.began), max(to, t.began+1)
	from = min(from, to-1)
	last := t.room(to - 1)
	for i := t.index(from); i <= last; i++ {
		start := t.began + int64(i)*t.width
		overlap := min(to, start+t.width) - max(from, start)
		t.points[i].add(p, float64(overlap)/float64(to-from))
	}
}

func (t *timeline) index(at int64) int { return int((at - t.began) / t.width) }

// room makes sure that a moment has an interval, and returns its index.
func (t *timeline) room(at int64) int {
	for t.index(at) >= maxPoints {
		half := t.points[:0]
		for i := 0; i < len(t.points); i += 2 {
			p := t.points[i]
			if i+1 < len(t.points) {
				p.add(t.points[i+1], 1)
			}
			half = append(half, p)
		}
		t.points = half
		t.width *= 2
	}
	for len(t.points) <= t.index(at) {
		t.points = append(t.points, point{})
	}
	return t.index(at)
}

func seconds(nanos int64) float64 { return time.Duration(nanos).Seconds() }
