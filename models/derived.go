package models

import (
	"os"
	"path/filepath"
)

// DerivedFolder is the folder in the user's cache for files that are made of
// models and can be made again; "" when the user has no cache. It need not be
// there yet.
func DerivedFolder() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(cache, "corpusmill")
}
