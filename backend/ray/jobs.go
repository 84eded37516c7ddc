package ray

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"corpusmill/backend/shim"
)

// Cluster is a Ray cluster by its dashboard's Jobs interface. It needs no
// Python on this machine.
type Cluster struct {
	URL   string // http://HOST:8265
	Token string // "" for a cluster without authentication
}

// Job is a run of this program on a cluster's head.
type Job struct {
	Programs []shim.Program
	Recipe   []byte
	// Dir is the working folder, which the head has to have too. Paths of the
	// recipe are relative to it.
	Dir string
	// Verb is the command, process when it is "".
	Verb string
	// Args follow `corpusmill process --config RECIPE`.
	Args []string
	Env  map[string]string
}

// Exit is a job that ended with an exit code other than 0, or with none.
type Exit struct {
	Code    int // -1 for none
	Message string
}

func (e *Exit) Error() string { return e.Message }

// Token is what the cluster is told to know this user by, from Ray's own
// settings: RAY_AUTH_MODE has to be token. "" is none.
func Token(getenv func(string) string) (string, error) {
	if getenv("RAY_AUTH_MODE") != "token" {
		return "", nil
	}
	if t := getenv("RAY_AUTH_TOKEN"); t != "" {
		return t, nil
	}
	path := getenv("RAY_AUTH_TOKEN_PATH")
	if path == "" {
		return "", errors.New("RAY_AUTH_MODE is token: set RAY_AUTH_TOKEN_PATH to the file with the cluster's token, or RAY_AUTH_TOKEN to the token")
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("reading Ray's token: %w", err)
	}
	return strings.TrimSpace(string(raw)), nil
}

// Deadlines and intervals.
const (
	answerDeadline = time.Minute // of the dashboard, also for the upload
	stopDeadline   = time.Minute // of a job that is to stop
	polling        = time.Second
	patienceLost   = 5 * time.Minute // of a dashboard that doesn't answer
)

// Run runs a job and copies what it says to log, until it has ended. When ctx
// ends, the job is stopped. Its error is an *Exit for a job that failed.
func (c *Cluster) Run(ctx context.Context, j *Job, log io.Writer) error {
	id, err := c.Submit(ctx, j, "")
	if err != nil {
		return err
	}
	shown := 0
	err = c.Follow(ctx, id, &shown, log)
	if ctx.Err() == nil {
		return err
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopDeadline)
	defer cancel()
	if err := c.Stop(stopping, id); err != nil {
		return fmt.Errorf("stopping job %s: %w", id, err)
	}
	err = c.Follow(stopping, id, &shown, log)
	if stopping.Err() != nil {
		return fmt.Errorf("job %s did not stop within %s: see %s", id, stopDeadline, c.URL)
	}
	if exit := (*Exit)(nil); err != nil && !errors.As(err, &exit) {
		return err
	}
	return ctx.Err()
}

// Submit uploads the programs with the recipe and starts the job. id is the
// job's, which must be a new one; "" leaves it to Ray.
func (c *Cluster) Submit(ctx context.Context, j *Job, id string) (string, error) {
	pack, err := j.pack()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(pack)
	name := "_ray_pkg_" + hex.EncodeToString(sum[:16]) + ".zip"
	err = c.call(ctx, "GET", "/api/packages/gcs/"+name, nil, nil)
	if status := (*refused)(nil); errors.As(err, &status) && status.code == http.StatusNotFound {
		err = c.call(ctx, "PUT", "/api/packages/gcs/"+name, pack, nil)
	}
	if err != nil {
		return "", err
	}
	request := map[string]any{
		"entrypoint":  j.entrypoint(),
		"runtime_env": map[string]any{"working_dir": "gcs://" + name, "env_vars": j.Env},
		"metadata":    map[string]string{"name": "corpusmill"},
	}
	if id != "" {
		request["submission_id"] = id
	}
	body, err := json.Marshal(request)
	if err != nil {
		return "", err
	}
	var answer struct {
		ID string `json:"submission_id"`
	}
	err = c.call(ctx, "POST", "/api/jobs/", body, &answer)
	return answer.ID, err
}

// Stop asks a job to end, as SIGTERM would, and doesn't wait for that. Ray kills it after
// some seconds.
func (c *Cluster) Stop(ctx context.Context, id string) error {
	return c.call(ctx, "POST", job(id)+"/stop", nil, nil)
}

func job(id string) string { return "/api/jobs/" + url.PathEscape(id) }

// pack is a ZIP archive of the programs and the recipe.
func (j *Job) pack() ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	add := func(name string, from io.Reader) error {
		w, err := z.Create(name)
		if err != nil {
			return err
		}
		_, err = io.Copy(w, from)
		return err
	}
	for _, p := range j.Programs {
		f, err := os.Open(p.Path)
		if err != nil {
			return nil, err
		}
		err = add("corpusmill-"+p.Platform, f)
		f.Close()
		if err != nil {
			return nil, err
		}
	}
	if err := add("recipe.yaml", bytes.NewReader(j.Recipe)); err != nil {
		return nil, err
	}
	err := z.Close()
	return out.Bytes(), err
}

// entrypoint is the shell command of the job, which begins in the folder of
// the package.
func (j *Job) entrypoint() string {
	command := []string{`exec "$p"`, cmp.Or(j.Verb, "process"), "--config", `"$r"`}
	for _, a := range j.Args {
		command = append(command, quote(a))
	}
	return strings.Join([]string{
		`p=$PWD/corpusmill-linux-$(uname -m | sed 's/x86_64/amd64/;s/aarch64/arm64/') r=$PWD/recipe.yaml`,
		`chmod +x "$p" || exit 1`,
		`cd ` + quote(j.Dir) + ` || { echo "corpusmill: the head of the cluster doesn't have this folder: work in one on storage that all machines share" >&2; exit 1; }`,
		strings.Join(command, " "),
	}, "\n")
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// State is what the cluster says of a job.
type State struct {
	Status  string `json:"status"` // PENDING, RUNNING, SUCCEEDED, FAILED or STOPPED
	Message string `json:"message"`
	Code    *int   `json:"driver_exit_code"`
}

// Ended says whether the job is over.
func (s State) Ended() bool {
	return s.Status == "SUCCEEDED" || s.Status == "FAILED" || s.Status == "STOPPED"
}

// Look asks for the state of a job. The error is ErrNoJob for one that the
// cluster doesn't know.
func (c *Cluster) Look(ctx context.Context, id string) (s State, err error) {
	err = c.call(ctx, "GET", job(id), nil, &s)
	if status := (*refused)(nil); errors.As(err, &status) && status.code == http.StatusNotFound {
		err = fmt.Errorf("%w %s", ErrNoJob, id)
	}
	return s, err
}

// ErrNoJob is a job that the cluster doesn't know. A cluster forgets its jobs
// when its head ends.
var ErrNoJob = errors.New("Ray doesn't know the job")

// Said is all that a job has printed.
func (c *Cluster) Said(ctx context.Context, id string) (string, error) {
	var said struct {
		Logs string `json:"logs"`
	}
	err := c.call(ctx, "GET", job(id)+"/logs", nil, &said)
	return said.Logs, err
}

// Follow copies what a job prints, from the byte shown on, which it moves on, until the job has
// ended. Its error is an *Exit for a job that failed.
func (c *Cluster) Follow(ctx context.Context, id string, shown *int, log io.Writer) error {
	for failing := time.Duration(0); ; {
		said := ""
		s, err := c.Look(ctx, id)
		if err == nil {
			said, err = c.Said(ctx, id)
		}
		switch status := (*refused)(nil); {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, ErrNoJob), errors.As(err, &status) && status.code < 500:
			return err
		case err != nil && failing > patienceLost:
			return fmt.Errorf("%w\nThe job goes on by itself: %s is its name", err, id)
		case err != nil:
			failing += polling
		default:
			failing = 0
			if len(said) > *shown {
				io.WriteString(log, said[*shown:])
				*shown = len(said)
			}
			switch s.Status {
			case "SUCCEEDED":
				return nil
			case "FAILED", "STOPPED":
				e := &Exit{Code: -1, Message: fmt.Sprintf("the job on Ray ended as %s: %s", s.Status, s.Message)}
				if s.Code != nil {
					e.Code = *s.Code
				}
				return e
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(polling):
		}
	}
}

// refused is an answer that is no success.
type refused struct {
	code int
	msg  string
}

func (r *refused) Error() string { return r.msg }

// call does a request and decodes the answer into out, unless that is nil.
func (c *Cluster) call(ctx context.Context, method, path string, body []byte, out any) error {
	ctx, cancel := context.WithTimeout(ctx, answerDeadline)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(c.URL, "/")+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if c.Token != "" {
		r.Header.Set("Authorization", "Bearer "+c.Token)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("Ray's dashboard: %w", err)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		return fmt.Errorf("Ray's dashboard: %w", err)
	}
	if answer.StatusCode >= 300 {
		text := strings.TrimSpace(string(raw[:min(len(raw), 500)]))
		if answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusForbidden {
			text += "; set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN_PATH"
		}
		return &refused{answer.StatusCode, fmt.Sprintf("Ray's dashboard answers %s %s with %s: %s", method, path, answer.Status, text)}
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return fmt.Errorf("Ray's dashboard answers %s %s with %q: %w", method, path, raw[:min(len(raw), 200)], err)
	}
	return nil
}
