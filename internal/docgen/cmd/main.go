// Command cmd rewrites the generated documentation in place.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"corpusmill/internal/docgen"
	_ "corpusmill/op/all"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	root, err := docgen.Root()
	if err != nil {
		return err
	}
	files, err := docgen.Generate()
	if err != nil {
		return err
	}
	stale, err := docgen.Stale(root, files)
	if err != nil {
		return err
	}
	for _, path := range stale {
		if _, wanted := files[path]; !wanted {
			err = errors.Join(err, os.Remove(filepath.Join(root, path)))
			continue
		}
		name := filepath.Join(root, path)
		err = errors.Join(err, os.MkdirAll(filepath.Dir(name), 0o777), os.WriteFile(name, files[path], 0o666))
	}
	return err
}
