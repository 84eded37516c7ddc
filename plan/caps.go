package plan

import "time"

// Caps say what an engine can do, as far as it is known without asking the
// engine: a recipe is held against them before anything runs. The zero value
// is this process, which can do all that a recipe may ask.
type Caps struct {
	Engine string // as users know it; "" for this process
	// Apart says that tasks run in processes of their own, which have no part
	// in this one's standard input.
	Apart bool
	// Remote says that they may run on other machines: inputs, output and
	// models lie in folders that all of these have at the same path.
	Remote bool
	// Most is the most that a step may ask for, by its parameter. One that
	// isn't here is bounded by the machines of the engine alone.
	Most map[string]Bound
	// Session is what the engine takes to begin, and Bundle what it takes to
	// start a bundle of tasks.
	Session, Bundle time.Duration
}

// Bound is how much of something an engine gives a task.
type Bound struct {
	Most float64
	Hint string // what to do instead
}

// Parameters of steps that ask an engine for something.
const (
	AskCPUs   = "cpu_required"
	AskGPUs   = "gpu_required"
	AskMemory = "mem_required"
)

// Begins is how long a run of some stages waits for the engine, beside its work.
func (c Caps) Begins(stages int) time.Duration {
	return c.Session + time.Duration(stages)*c.Bundle
}
