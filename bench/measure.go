package main

// measurement is what one run of a whole process tree cost.
type measurement struct {
	Job       string `json:"job"`
	Size      string `json:"size"`
	Bytes     int64  `json:"input_bytes"`
	Workers   int    `json:"workers"`
	Contender string `json:"contender"`

	Wall    float64     `json:"wall_s"`
	User    float64     `json:"user_s"`
	Sys     float64     `json:"sys_s"`
	Largest int64       `json:"largest_process_bytes"` // peak resident set of the largest process
	Tree    int64       `json:"tree_bytes"`            // peak of the whole tree, shared pages counted once
	Rows    int64       `json:"rows_out"`
	Digest  string      `json:"digest,omitempty"`  // of the rows; see digestRows
	Stages  []stageCost `json:"stages,omitempty"`  // of corpusmill, where they were watched
	Verdict *verdict    `json:"verdict,omitempty"` // of a deduplicator
	// Yardstick is the CPU time of a fixed piece of work just before the run:
	// runs compare when their yardsticks do.
	Yardstick float64 `json:"yardstick_s"`
}

// cpu is in seconds.
func (m measurement) cpu() float64 { return m.User + m.Sys }
