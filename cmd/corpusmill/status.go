package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"corpusmill/backend/ray"
	"corpusmill/backend/slurm"
	"corpusmill/runs"
)

// watchEvery is the time between two looks of status --watch.
const watchEvery = 2 * time.Second

// askDeadline is how long a dashboard may take to tell of a job: without it,
// files have to do.
const askDeadline = 10 * time.Second

func status(e *env, args []string) error {
	f, err := takeFlags(args, []string{"json", "watch"}, nil)
	if err != nil {
		return err
	}
	if len(f.rest) == 0 {
		if f.set["watch"] {
			return usageError{"which run? status --watch needs its ID or path"}
		}
		return e.listRuns(f.set["json"])
	}
	s, err := e.find(f.rest)
	if err != nil {
		return err
	}
	for {
		var b strings.Builder
		if f.set["watch"] && !f.set["json"] && isTerminal(e.stdout) {
			b.WriteString("\x1b[H\x1b[2J") // an empty screen
		}
		if f.set["json"] {
			enc := json.NewEncoder(&b)
			enc.SetIndent("", "  ")
			if err := enc.Encode(s); err != nil {
				return err
			}
		} else {
			writeStatus(&b, s, time.Now())
		}
		if _, err := io.WriteString(e.stdout, b.String()); err != nil || !f.set["watch"] || s.State.Over() {
			return err
		}
		select {
		case <-e.ctx.Done():
			return e.ctx.Err()
		case <-time.After(watchEvery):
		}
		if s, err = runs.Look(s.Folder, time.Now(), e.askJob); err != nil {
			return err
		}
	}
}

// find looks at the run that the one argument names.
func (e *env) find(args []string) (*runs.Status, error) {
	if len(args) != 1 {
		return nil, usageError{"one run is wanted: its ID, as corpusmill status lists it, or the path of its result"}
	}
	g, err := runs.Home(e.getenv)
	if err != nil {
		g = "" // a path does without
	}
	name, err := runName(e.ctx, g, args[0])
	if err != nil {
		return nil, err
	}
	folder, err := g.Find(name)
	if err != nil {
		return nil, err
	}
	s, err := runs.Look(folder, time.Now(), e.askJob)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("the run folder %s isn't on this machine", folder)
	}
	return s, err
}

// askJob asks Slurm or Ray for the run's job.
func (e *env) askJob(r *runs.Run) (runs.JobState, error) {
	if r.Place == runs.SlurmJob {
		state, reason, err := slurm.FindJob(e.ctx, r.Job)
		if reason == "None" {
			reason = ""
		}
		return runs.JobState{Live: state != "", Queued: state == "PENDING", Reason: reason}, err
	}
	c, err := e.rayCluster(r.Address)
	if err != nil {
		return runs.JobState{}, err
	}
	ctx, cancel := context.WithTimeout(e.ctx, askDeadline)
	defer cancel()
	s, err := c.Look(ctx, r.Job)
	if errors.Is(err, ray.ErrNoJob) {
		return runs.JobState{Reason: err.Error()}, nil
	}
	j := runs.JobState{Live: !s.Ended(), Queued: s.Status == "PENDING"}
	if !j.Live || j.Queued {
		j.Reason = strings.TrimSpace(s.Status + " " + s.Message)
	}
	return j, err
}

// listing is a run as status without arguments prints it with --json.
type listing struct {
	runs.Entry
	*runs.Status
	Error string `json:"error,omitempty"`
}

func (e *env) listRuns(asJSON bool) error {
	g, err := runs.Home(e.getenv)
	if err != nil {
		return err
	}
	entries, err := g.List()
	if err != nil {
		return err
	}
	all := []listing{}
	for _, x := range entries {
		l := listing{Entry: x}
		if l.Status, err = runs.Look(x.Folder, time.Now(), e.askJob); err != nil {
			l.Error = err.Error()
			if errors.Is(err, os.ErrNotExist) {
				l.Error = "its folder isn't on this machine; it was started on " + x.Host
			}
		}
		all = append(all, l)
	}
	if asJSON {
		enc := json.NewEncoder(e.stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(all)
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(e.stdout, "no runs: corpusmill submit starts one; of others give the path of the result")
		return err
	}
	w := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "RUN\tSTATE\tPROGRESS\tSTARTED\tRESULT")
	for _, l := range all {
		state, how, result := "?", l.Error, strings.TrimSuffix(l.Entry.Folder, runs.Suffix)
		if l.Status != nil {
			state, how, result = string(l.State), outline(l.Status), l.Run.Output()
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", l.Entry.ID, state, how, l.At.Local().Format(time.DateTime), result)
	}
	return w.Flush()
}

// outline is a run in a few words.
func outline(s *runs.Status) string {
	p := s.Progress
	switch {
	case s.Driver != nil && s.Driver.End != nil && s.State == runs.Failed:
		return fmt.Sprintf("exit %d", s.Driver.End.Exit)
	case p == nil:
		return "-"
	case s.State.Over():
		return counted(p.Rows, "row")
	case p.Total > 0:
		return fmt.Sprintf("%.0f %%, %s", 100*p.Share(), counted(p.Rows, "row"))
	}
	return fmt.Sprintf("stage %d of %d, %s", p.Stage, p.Stages, counted(p.Rows, "row"))
}

// writeStatus prints all that is known of a run.
func writeStatus(w io.Writer, s *runs.Status, now time.Time) {
	r, d, p := s.Run, s.Driver, s.Progress
	row := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%-10s%s\n", name, fmt.Sprintf(format, args...))
	}
	row("run", "%s", s.ID)
	row("state", "%s", stateText(s))
	row("result", "%s", r.Output())
	if p != nil && s.State.Over() {
		last := *p
		last.SecondsLeft = 0
		row("progress", "%s", pace(&last))
	} else if p != nil {
		row("stage", "%d of %d, %s", p.Stage, p.Stages, p.Name)
		row("progress", "%s", pace(p))
		row("tasks", "%d under way, %d lost and started again", p.Tasks, p.Lost)
	}
	where := string(r.Place)
	if r.Job != "" {
		where = fmt.Sprintf("%s job %s", where, r.Job)
	}
	if d != nil {
		where = fmt.Sprintf("%s, process %d on %s", where, d.PID, d.Host)
	}
	row("driver", "%s, --backend %s", where, r.Backend)
	since := r.Started
	if d != nil {
		since = d.Since
	}
	switch {
	case d != nil && d.End != nil:
		row("time", "%s, from %s on", rounded(d.End.At.Sub(since)), since.Local().Format(time.DateTime))
	default:
		row("time", "since %s (%s); the last sign of life is %s old", since.Local().Format(time.DateTime), rounded(now.Sub(since)),
			rounded(time.Duration(s.Age*float64(time.Second))))
	}
	if r.Place == runs.Detached || r.Place == runs.SlurmJob {
		row("log", "%s", runs.Log(s.Folder))
	}
	row("folder", "%s", s.Folder)
	switch s.State {
	case runs.Interrupted, runs.Cancelled, runs.Failed:
		if r.Bound == "" {
			row("next", "corpusmill resume %s goes on where it stopped", s.ID)
		}
	}
}

func rounded(d time.Duration) string {
	unit := time.Second
	if d < 10*time.Second {
		unit = 100 * time.Millisecond
	}
	return max(d, 0).Round(unit).String()
}

// stateText is the state with what there is to say about it.
func stateText(s *runs.Status) string {
	text := string(s.State)
	if s.Driver != nil && s.Driver.End != nil {
		end := s.Driver.End
		if end.Exit != 0 {
			text = fmt.Sprintf("%s, exit %d", text, end.Exit)
		}
		if end.Error != "" {
			text += ": " + strings.ReplaceAll(end.Error, "\n", "\n          ")
		}
	}
	if s.Why != "" {
		text += ": " + s.Why
	}
	if s.State == runs.Waiting && s.Run.Place == runs.Detached {
		text += ": it prepares its plan"
	}
	return text
}
