package models

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/zeebo/xxh3"
)

// Sum identifies a file by its bytes.
type Sum struct {
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`   // in hexadecimal, as is the other
	XXH3   string `json:"xxh3_128"` // what plans note of a model
}

// SumOf reads the file at path. It ends with ctx's cause when ctx does.
func SumOf(ctx context.Context, path string) (Sum, error) {
	long, short := sha256.New(), xxh3.New()
	n, err := pour(ctx, io.MultiWriter(long, short), path)
	if err != nil {
		return Sum{}, err
	}
	return Sum{n, hex.EncodeToString(long.Sum(nil)), hexOf(short)}, nil
}

// Hash is the XXH3-128 of a file's bytes, in hexadecimal.
func Hash(path string) (string, error) {
	h := xxh3.New()
	if _, err := pour(context.Background(), h, path); err != nil {
		return "", err
	}
	return hexOf(h), nil
}

func hexOf(h *xxh3.Hasher) string {
	sum := h.Sum128().Bytes()
	return hex.EncodeToString(sum[:])
}

// pour writes a file's bytes to w.
func pour(ctx context.Context, w io.Writer, path string) (n int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	buf := make([]byte, 1<<20)
	for {
		if ctx.Err() != nil {
			return n, context.Cause(ctx)
		}
		got, err := f.Read(buf)
		n += int64(got)
		if _, err := w.Write(buf[:got]); err != nil {
			return n, err
		}
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}

// Record is what was noted of a model when it was fetched: later, Sum tells
// whether the file is still that one.
type Record struct {
	Source string `json:"source"` // URL without its query, or path
	Sum
}

// RecordPath is where the record of the model at path is kept.
func RecordPath(path string) string { return path + ".sum" }

// ReadRecord reads the record of the model at path. The error is
// fs.ErrNotExist when there is none.
func ReadRecord(path string) (Record, error) {
	var r Record
	b, err := os.ReadFile(RecordPath(path))
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(b, &r); err != nil || r.SHA256 == "" {
		return r, fmt.Errorf("%s is damaged; fetch the model again with --force", RecordPath(path))
	}
	return r, nil
}
