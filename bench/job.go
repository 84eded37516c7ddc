package main

import (
	"fmt"
	"slices"
)

// job is one thing to do. Contenders that can't do it, or not the same, are
// left out.
type job struct {
	name   string
	recipe string // "" for jobs without input
	oneRow bool   // over a corpus of a single row: what starting costs
	about  string
}

var jobs = []job{
	{"version", "", true, "print the version: starting the program and nothing else"},
	{"start", "bench/recipes/filter.yaml", true, "`filter` over a single row: what starting costs"},
	{"filter", "bench/recipes/filter.yaml", false, "read, `text_length_filter`, write: the cost of the road"},
	{"dedup", "bench/recipes/dedup.yaml", false, "read, `document_deduplicator`, write"},
	{"seven", "bench/recipes/seven.yaml", false, "three mappers, three filters and `document_deduplicator`"},
	{"ten", "bench/recipes/ten.yaml", false, "the ten filters of Data-Juicer's demo recipe that need no model"},
}

func jobNames() []string {
	var names []string
	for _, j := range jobs {
		names = append(names, j.name)
	}
	return names
}

// setting is a job with its numbers.
type setting struct {
	job     job
	size    string
	workers int
	corpus  string // file
	bytes   int64  // of the corpus
	rows    int64
}

func (s setting) String() string {
	if s.job.oneRow {
		return s.job.name
	}
	return fmt.Sprintf("%s %s np=%d", s.job.name, s.size, s.workers)
}

// settings lists what the flags ask for, small corpora first.
func settings(c config) []setting {
	var list []setting
	for _, j := range jobs {
		if slices.Contains(c.jobs, j.name) && j.oneRow {
			list = append(list, setting{job: j, size: "1B", workers: 1})
		}
	}
	for _, size := range c.sizes {
		for _, j := range jobs {
			for _, np := range c.workers {
				if slices.Contains(c.jobs, j.name) && !j.oneRow {
					list = append(list, setting{job: j, size: size, workers: np})
				}
			}
		}
	}
	return list
}
