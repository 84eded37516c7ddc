package usage

import (
	"context"
	"encoding/csv"
	"fmt"
	osexec "os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"corpusmill/internal/child"
)

// GPU is what a device does at one moment, for whatever process.
type GPU struct {
	Index       int
	UUID        string
	Name        string
	Utilization float64 // share of the last moment in which it computed, 0 to 1; 0 where the device doesn't tell
	Used, Total int64   // bytes of its memory; 0 where the device doesn't tell
}

// gpuQuery are the columns that nvidia-smi is asked for.
const gpuQuery = "index,uuid,name,utilization.gpu,memory.used,memory.total"

// GPUs asks nvidia-smi, which has to be in the PATH, for the devices that this
// process sees by CUDA_VISIBLE_DEVICES. cost is the CPU time that asking took.
// nvidia-smi ends with ctx.
func GPUs(ctx context.Context, lookupenv func(string) (string, bool)) (found []GPU, cost time.Duration, err error) {
	visible, limited := lookupenv("CUDA_VISIBLE_DEVICES")
	if limited && len(devices(visible)) == 0 {
		return nil, 0, nil
	}
	c := osexec.CommandContext(ctx, "nvidia-smi", "--query-gpu="+gpuQuery, "--format=csv,noheader,nounits")
	c.WaitDelay = time.Second
	child.Tie(c)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	out, err := c.Output()
	if c.ProcessState != nil {
		cost = c.ProcessState.UserTime() + c.ProcessState.SystemTime()
	}
	if err != nil {
		return nil, cost, fmt.Errorf("nvidia-smi: %w", err)
	}
	if found, err = parseGPUs(string(out)); err != nil {
		return nil, cost, err
	}
	if limited {
		found = slices.DeleteFunc(found, func(g GPU) bool { return !g.in(devices(visible)) })
	}
	return found, cost, nil
}

// devices are those that a value of CUDA_VISIBLE_DEVICES names: up to the first
// that can't be one.
func devices(value string) []string {
	var out []string
	for name := range strings.SplitSeq(value, ",") {
		name = strings.TrimSpace(name)
		n, err := strconv.Atoi(name)
		if err == nil && n < 0 || err != nil && !strings.HasPrefix(name, "GPU-") && !strings.HasPrefix(name, "MIG-") {
			break
		}
		out = append(out, name)
	}
	return out
}

// in says whether the device is named, by its index or by the beginning of its
// UUID.
func (g GPU) in(names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		return name == strconv.Itoa(g.Index) || strings.HasPrefix(name, "GPU-") && strings.HasPrefix(g.UUID, name)
	})
}

// parseGPUs reads what nvidia-smi prints for gpuQuery.
func parseGPUs(out string) ([]GPU, error) {
	r := csv.NewReader(strings.NewReader(out))
	r.TrimLeadingSpace, r.LazyQuotes, r.FieldsPerRecord = true, true, strings.Count(gpuQuery, ",")+1
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("nvidia-smi: %w", err)
	}
	found := make([]GPU, 0, len(rows))
	for _, row := range rows {
		index, err := strconv.Atoi(row[0])
		if err != nil {
			return nil, fmt.Errorf("nvidia-smi: %q is no index of a device", row[0])
		}
		found = append(found, GPU{Index: index, UUID: row[1], Name: row[2],
			Utilization: float64(number(row[3])) / 100, Used: number(row[4]) << 20, Total: number(row[5]) << 20})
	}
	return found, nil
}

// number is that of a column, 0 for "[N/A]" and the like.
func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
