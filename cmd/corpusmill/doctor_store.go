package main

import (
	"crypto/rand"
	"fmt"
	"os"
	"time"

	"corpusmill/doctor"
	"corpusmill/storage/object"
)

// reach tries the store from here. Where that fails machines aren't asked to.
func (d *diagnosis) reach() {
	if d.request.Store == "" {
		return
	}
	place := object.Join(d.request.Store, rand.Text())
	r := doctor.ReachFrom(d.ctx, place, time.Now)
	d.report.Here.Store = &r
	d.report.Add(doctor.JudgeReach(nil, &r)...)
	if r.Failed == "" {
		return
	}
	d.request.Store = ""
	switch r.Failed {
	case doctor.Open:
	case doctor.Create:
		_ = doctor.Tidy(d.ctx, place) // most often nothing was made
	default:
		d.tidyAt(place)
	}
}

// tidy removes what probes that were cut short have left in the store.
func (d *diagnosis) tidy() {
	if d.request.Store != "" {
		d.tidyAt(object.Join(d.request.Store, d.request.Nonce))
	}
}

func (d *diagnosis) tidyAt(place string) {
	if err := doctor.Tidy(d.ctx, place); err != nil {
		d.report.Add(doctor.Finding{Level: doctor.Warning, Check: "store", What: fmt.Sprintf("what the doctor has made in %s may still be there: %v", place, err),
			Mend: "remove what is below it, incomplete uploads too"})
	}
}

// writable sees whether a run could keep its own files in a folder.
func (d *diagnosis) writable(folder string) {
	made, err := os.MkdirTemp(folder, ".corpusmill-doctor-*")
	if err == nil {
		err = os.Remove(made)
	}
	if err != nil {
		d.report.Add(doctor.Finding{Level: doctor.Error, Check: "storage", What: fmt.Sprintf("the run's own files can't be kept in %s (%v)", folder, err),
			Mend: fmt.Sprintf("give uid %d the right to write it, or set XDG_STATE_HOME or work_dir", os.Getuid())})
	}
}
