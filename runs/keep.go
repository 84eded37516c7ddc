package runs

import (
	"errors"
	"os"
	"path/filepath"
)

// Kept is what a folder told of its last run, before another is started.
type Kept struct {
	Log    int64 // size of the log, in bytes
	folder string
	files  map[string][]byte // nil for one that wasn't there
}

// Keep reads what a folder tells of its last run.
func Keep(folder string) (*Kept, error) {
	k := &Kept{folder: folder, files: map[string][]byte{}}
	for _, name := range []string{runName, driverName, progressName} {
		raw, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil && !missing(err) {
			return nil, err
		}
		k.files[name] = raw
	}
	info, err := os.Stat(Log(folder))
	if err != nil && !missing(err) {
		return nil, err
	}
	if err == nil {
		k.Log = info.Size()
	}
	return k, nil
}

// Restore puts it back as it was: nobody may be at work in the folder.
func (k *Kept) Restore() error {
	var errs []error
	for name, raw := range k.files {
		path := filepath.Join(k.folder, name)
		if raw != nil {
			errs = append(errs, replace(path, raw, true))
		} else if err := os.Remove(path); !missing(err) {
			errs = append(errs, err)
		}
	}
	err := os.Truncate(Log(k.folder), k.Log)
	if k.Log == 0 {
		err = os.Remove(Log(k.folder))
	}
	if !missing(err) {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
