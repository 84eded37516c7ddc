//go:build !unix

package fasttext

import "os"

// mapFile reads a file: this system's mapping isn't used.
func mapFile(path string) (data []byte, unmap func() error, err error) {
	data, err = os.ReadFile(path)
	return data, func() error { return nil }, err
}
