package optest

import (
	"fmt"
	"os"
	"path/filepath"

	"corpusmill/models"
)

// findModel finds a small stand-in for a model in the module's testdata.
func findModel(name string) (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return models.Find(name, []string{filepath.Join(dir, "testdata", "models")})
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", fmt.Errorf("the model %s is needed: tests of operators with models run below the module's root", name)
		}
		dir = up
	}
}
