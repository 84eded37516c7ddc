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
	models bool   // with the models that makeModels makes
	about  string
}

var jobs = []job{
	{"version", "", true, false, "print the version: starting the program and nothing else"},
	{"start", "bench/recipes/filter.yaml", true, false, "`filter` over a single row: what starting costs"},
	{"filter", "bench/recipes/filter.yaml", false, false, "read, `text_length_filter`, write: the cost of the road"},
	{"dedup", "bench/recipes/dedup.yaml", false, false, "read, `document_deduplicator`, write"},
	{"seven", "bench/recipes/seven.yaml", false, false, "three mappers, three filters and `document_deduplicator`"},
	{"ten", "bench/recipes/ten.yaml", false, false, "the ten filters of Data-Juicer's demo recipe that need no model"},
	{"perplexity", perplexityRecipe, false, true, "read, `perplexity_filter` with a 3-gram model over 8,000 pieces, write"},
}

const perplexityRecipe = "bench/recipes/perplexity.yaml"

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
	models  string // folder
	rows    int64
	digest  bool   // compare results by their rows
	keep    string // file that the result is moved to, or ""
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
