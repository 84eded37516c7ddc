package slurmray

import (
	"fmt"
	"strconv"
	"strings"
)

// offer is what a node gives to Ray: what Slurm has given the job of it.
type offer struct {
	CPUs   int   `json:"cpus"`
	GPUs   int   `json:"gpus"`
	Memory int64 `json:"memory"` // bytes; 0 when Slurm doesn't bound it
}

// storeMost is the memory of Ray's object store, in bytes. It has the program
// and what tasks report; data are in files.
const storeMost, storeLeast = 256 << 20, 80 << 20

// offerOf reads what Slurm tells a step. cpus is for where it tells nothing.
func offerOf(getenv func(string) string, cpus int) offer {
	number := func(name string) (int64, bool) {
		n, err := strconv.ParseInt(getenv(name), 10, 64)
		return n, err == nil && n >= 0
	}
	o := offer{CPUs: cpus}
	if n, ok := number("SLURM_CPUS_ON_NODE"); ok && n > 0 {
		o.CPUs = int(n)
	}
	if n, ok := number("SLURM_GPUS_ON_NODE"); ok {
		o.GPUs = int(n)
	} else if list := getenv("CUDA_VISIBLE_DEVICES"); list != "" && list != "NoDevFiles" {
		o.GPUs = strings.Count(list, ",") + 1
	}
	if mb, ok := number("SLURM_MEM_PER_NODE"); ok {
		o.Memory = mb << 20
	} else if mb, ok := number("SLURM_MEM_PER_CPU"); ok {
		o.Memory = mb << 20 * int64(o.CPUs)
	}
	return o
}

// flags are those of ray start.
func (o offer) flags() []string {
	store := int64(storeMost)
	if o.Memory > 0 {
		store = max(min(store, o.Memory/8), storeLeast)
	}
	flags := []string{fmt.Sprint("--num-cpus=", o.CPUs), fmt.Sprint("--num-gpus=", o.GPUs), fmt.Sprint("--object-store-memory=", store)}
	if o.Memory > store {
		flags = append(flags, fmt.Sprint("--memory=", o.Memory-store))
	}
	return flags
}
