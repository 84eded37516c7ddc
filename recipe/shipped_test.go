package recipe_test

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	_ "corpusmill/op/all"
	"corpusmill/recipe"
)

// TestShipped holds that the recipes which Data-Juicer ships are read as they
// are: at most an operator, or one of its ways to work, isn't built yet.
func TestShipped(t *testing.T) {
	const folder = "../../shared/vectors/recipes"
	n := 0
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yaml" {
			return err
		}
		n++
		_, err = recipe.Load(path, nil, nil, recipe.Defaults{NP: 1, Memory: 1 << 30})
		problems, _ := errors.AsType[recipe.Problems](err)
		for _, p := range problems {
			if !strings.HasSuffix(p.Msg, " is a Data-Juicer operator that corpusmill doesn't have yet") && !strings.Contains(p.Msg, "not built yet") {
				t.Error(p)
			}
		}
		return nil
	})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		t.Skip("the recipes that Data-Juicer ships aren't here: no", folder)
	case err != nil:
		t.Fatal(err)
	case n == 0:
		t.Error("no recipe in", folder)
	}
}
