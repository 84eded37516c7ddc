package exec

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// entry is one line of the journal: something that will not be done again.
type entry struct {
	// Segment is a committed segment of a map stage.
	Segment *segmentEntry `json:"segment,omitempty"`
	// Task is a finished task of a stage without segments.
	Task *taskEntry `json:"task,omitempty"`
	// Round is a finished round of a components stage.
	Round *roundEntry `json:"round,omitempty"`
	// Made is a file of the output that a task has made.
	Made *madeFile `json:"made,omitempty"`
	// Done is a finished stage.
	Done *doneEntry `json:"done,omitempty"`
	// Commit says that the result is whole and its files are being renamed.
	Commit *commitEntry `json:"commit,omitempty"`
	// Synced says that everything up to here has reached the disk.
	Synced bool `json:"synced,omitempty"`
}

type segmentEntry struct {
	Stage   int                    `json:"stage"`
	Summary Summary                `json:"summary"`
	Streams map[string]streamState `json:"streams"`
	Output  *outputState           `json:"output,omitempty"`
}

type taskEntry struct {
	Stage int   `json:"stage"`
	Phase phase `json:"phase,omitempty"`
	Round int   `json:"round,omitempty"`
	Range int   `json:"range"`
	First int64 `json:"first,omitempty"`
}

type roundEntry struct {
	Stage int    `json:"stage"`
	Round int    `json:"round"`
	Files int    `json:"files"` // that its jumps left
	Moved uint64 `json:"moved"`
}

type doneEntry struct {
	Stage  int     `json:"stage"`
	Shards []shard `json:"shards,omitempty"` // of an output stage
	// Of a stage that finds duplicates: its files, and what is noted of clusters.
	Found    int       `json:"found,omitempty"`
	Findings *findings `json:"findings,omitempty"`
}

type commitEntry struct {
	Report *Report `json:"report"`
	// Renames are pairs of a file in the run folder and its final name.
	Renames [][2]string `json:"renames"`
	// Staged are the files that become objects where they are.
	Staged []stagedFile `json:"staged,omitempty"`
}

// journal is a file of entries, each a line of JSON behind its CRC-32C.
type journal struct {
	f    *os.File
	path string
}

// placed is an entry with the offset at which it ends in the journal.
type placed struct {
	entry
	end int64
}

// readJournal returns the entries up to the first that isn't whole.
func readJournal(path string) (entries []placed, err error) {
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var end int64
	r := bufio.NewReaderSize(f, 1<<20)
	for {
		line, err := r.ReadBytes('\n')
		if err == io.EOF {
			return entries, nil
		}
		if err != nil {
			return nil, err
		}
		end += int64(len(line))
		e := placed{end: end}
		if !parseEntry(line, &e.entry) {
			return entries, nil
		}
		entries = append(entries, e)
	}
}

func parseEntry(line []byte, e *entry) bool {
	line = bytes.TrimSuffix(line, []byte("\n"))
	var crc uint32
	if len(line) < 9 || line[8] != ' ' {
		return false
	}
	if _, err := fmt.Sscanf(string(line[:8]), "%08x", &crc); err != nil {
		return false
	}
	body := line[9:]
	return crc32.Checksum(body, castagnoli) == crc && json.Unmarshal(body, e) == nil
}

// openJournal goes on behind the entries that readJournal found.
func openJournal(path string, end int64) (*journal, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err == nil {
		err = f.Truncate(end)
	}
	if err == nil {
		_, err = f.Seek(end, io.SeekStart)
	}
	if err != nil {
		return nil, diskError(path, 0, err)
	}
	return &journal{f, path}, nil
}

func journalLine(e entry) ([]byte, error) {
	body, err := json.Marshal(e)
	return fmt.Appendf(nil, "%08x %s\n", crc32.Checksum(body, castagnoli), body), err
}

func (j *journal) write(e entry) error {
	line, err := journalLine(e)
	if err != nil {
		return err
	}
	if n, err := j.f.Write(line); err != nil {
		return diskError(j.path, int64(len(line)-n), err)
	}
	if e.Synced || e.Commit != nil {
		return diskError(j.path, 0, j.f.Sync())
	}
	return nil
}

func (j *journal) close() {
	if j != nil {
		j.f.Close() // every entry was written at once
	}
}
