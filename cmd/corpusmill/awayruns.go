package main

import (
	"context"
	"fmt"
	"strings"

	"corpusmill/exec"
	"corpusmill/runs"
	"corpusmill/storage/object"
)

// runName is what runs.Registry.Find knows a run by: the run folder on this
// machine, for the path of a result in an object store or of the run folder
// beside that; any other name is left as it is. A result may have had several
// run folders, by work_dir: the one that was last used counts.
func runName(ctx context.Context, g runs.Registry, name string) (string, error) {
	output := strings.TrimSuffix(strings.TrimRight(name, "/"), runs.Suffix)
	if !object.In(output) {
		return name, nil
	}
	var folders []string
	if folder, err := folderFor(output, ""); err == nil {
		folders = append(folders, folder)
	}
	if g != "" {
		entries, err := g.List()
		if err != nil {
			return "", err
		}
		for _, e := range entries {
			folders = append(folders, e.Folder)
		}
	}
	var last *runs.Run
	for _, folder := range folders {
		// What can't be read is on another machine.
		r, err := runs.Read(folder)
		if err == nil && strings.TrimRight(r.Output(), "/") == output && (last == nil || r.Started.After(last.Started)) {
			last = r
		}
	}
	if last == nil {
		if host, folder, err := exec.HeldBy(ctx, output); err == nil && folder != "" {
			return "", fmt.Errorf("the run of %s is on %s, in %s: give this there", output, host, folder)
		}
		return "", fmt.Errorf("no run of %s is known here: give this on the machine that it was started on, or give the path of its run folder in work_dir; corpusmill report tells of a finished one", output)
	}
	return last.Folder, nil
}
