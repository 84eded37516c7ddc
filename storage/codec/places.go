package codec

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"

	"github.com/klauspost/compress/zstd"

	"corpusmill/storage"
	"corpusmill/storage/object"
)

// Place is where decompressing can begin: at a zstd frame or a gzip member.
type Place struct {
	Packed int64 // offset as stored
	Start  int64 // uncompressed offset
}

const (
	// maxPiece is the most uncompressed bytes between two places: who looks for
	// more frames behind one that is larger reads long and finds little.
	maxPiece = 256 << 20
	// smallFrame is up to how many stored bytes a zstd frame that doesn't tell
	// what it holds is decompressed: some encoders leave that out when it is
	// less than 256 bytes. smallContent is how much it may hold.
	smallFrame, smallContent = 4 << 10, 1 << 20
	// blockBytes is the most that a zstd block holds, and memberBytes what a
	// bgzip member does (RFC 8878, 3.1.1.2.4; SAM specification, 4.1).
	blockBytes  = 128 << 10
	memberBytes = 64 << 10
)

// Places finds where decompressing a regular file can begin, and how many
// bytes it has uncompressed. It decompresses next to nothing: zstd frames tell
// where they end and, mostly, how much they hold; gzip members do when bgzip or its
// like has made them. A file in which some frame doesn't tell has no places.
// What is damaged has none either, since reading it says more about that.
func Places(ctx context.Context, file storage.File) (places []Place, size int64, err error) {
	f, err := object.OpenFile(ctx, file)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	if !f.Regular() {
		return nil, 0, nil
	}
	w := &walker{file: f, r: bufio.NewReaderSize(f, 4<<10), end: f.Info().Size}
	defer w.close()
	var piece func() (content int64, err error)
	switch file.Codec {
	case storage.Gzip:
		piece = w.member
	case storage.Zstd:
		piece = w.frame
	default:
		return nil, 0, nil
	}
	for w.at < w.end {
		at := w.at
		content, err := piece()
		if errors.Is(err, errNoPlace) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, 0, nil
		}
		if err != nil {
			return nil, 0, err
		}
		if content > 0 {
			places = append(places, Place{at, size})
		}
		size += content
	}
	return places, size, nil
}

var errNoPlace = errors.New("what follows can't be told from here")

// walker goes over a file by its headers.
type walker struct {
	file object.File
	r    *bufio.Reader
	at   int64
	end  int64
	head [18]byte
	zstd *zstd.Decoder // of small frames; nil until there is one
}

func (w *walker) close() {
	if w.zstd != nil {
		w.zstd.Close()
	}
}

// next returns the next n bytes, valid until the next call.
func (w *walker) next(n int) ([]byte, error) {
	_, err := io.ReadFull(w.r, w.head[:n])
	w.at += int64(n)
	return w.head[:n], err
}

// skip passes over n bytes, without reading them where they are many.
func (w *walker) skip(n int64) error {
	w.at += n
	if w.at > w.end {
		return errNoPlace
	}
	if n <= int64(w.r.Buffered()) {
		_, err := w.r.Discard(int(n))
		return err
	}
	_, err := w.file.Seek(w.at, io.SeekStart)
	w.r.Reset(w.file)
	return err
}

// frame passes over a zstd frame (RFC 8878, 3.1) and returns what it holds.
func (w *walker) frame() (content int64, err error) {
	begin := w.at
	b, err := w.next(5)
	if err != nil {
		return 0, err
	}
	magic, descriptor := binary.LittleEndian.Uint32(b), b[4]
	if magic&^0xF == 0x184D2A50 { // skippable: the fifth byte begins its length
		if b, err = w.next(3); err != nil {
			return 0, err
		}
		return 0, w.skip(int64(descriptor) | int64(b[0])<<8 | int64(b[1])<<16 | int64(b[2])<<24)
	}
	if magic != 0xFD2FB528 {
		return 0, errNoPlace
	}
	single, checksum := descriptor&0x20 != 0, descriptor&4 != 0
	sizeBytes := [4]int{0, 2, 4, 8}[descriptor>>6]
	if single && sizeBytes == 0 {
		sizeBytes = 1
	}
	before := [4]int{0, 1, 2, 4}[descriptor&3] // of the dictionary
	if !single {
		before++ // the window
	}
	if b, err = w.next(before + sizeBytes); err != nil {
		return 0, err
	}
	switch b = b[before:]; sizeBytes {
	case 1:
		content = int64(b[0])
	case 2:
		content = int64(binary.LittleEndian.Uint16(b)) + 256
	case 4:
		content = int64(binary.LittleEndian.Uint32(b))
	case 8:
		content = int64(binary.LittleEndian.Uint64(b))
	}
	if content < 0 || content > maxPiece {
		return 0, errNoPlace
	}
	most := int64(0)
	for last := false; !last; most += blockBytes {
		if b, err = w.next(3); err != nil {
			return 0, err
		}
		block := int64(b[0]) | int64(b[1])<<8 | int64(b[2])<<16
		last = block&1 != 0
		length := block >> 3
		switch block >> 1 & 3 {
		case 1:
			length = 1 // one byte, repeated
		case 3:
			return 0, errNoPlace
		}
		if err := w.skip(length); err != nil {
			return 0, err
		}
		if sizeBytes == 0 && w.at-begin > smallFrame {
			return 0, errNoPlace
		}
	}
	if checksum {
		if err := w.skip(4); err != nil {
			return 0, err
		}
	}
	switch {
	case sizeBytes == 0:
		return w.count(begin)
	case content > most: // its blocks can't hold what it says
		return 0, errNoPlace
	}
	return content, nil
}

// count decompresses the frame from begin to here.
func (w *walker) count(begin int64) (content int64, err error) {
	packed := make([]byte, w.at-begin)
	if _, err := w.file.ReadAt(packed, begin); err != nil {
		return 0, err
	}
	if w.zstd == nil {
		if w.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(smallContent)); err != nil {
			return 0, err
		}
	}
	out, err := w.zstd.DecodeAll(packed, nil)
	if err != nil {
		return 0, errNoPlace
	}
	return int64(len(out)), nil
}

// member passes over a gzip member with bgzip's extra field (SAM
// specification, 4.1) and returns what it holds.
func (w *walker) member() (content int64, err error) {
	b, err := w.next(18)
	if err != nil {
		return 0, err
	}
	if string(b[:4]) != "\x1f\x8b\x08\x04" || string(b[10:16]) != "\x06\x00BC\x02\x00" {
		return 0, errNoPlace
	}
	length := int64(binary.LittleEndian.Uint16(b[16:])) + 1
	if length < 18+8 {
		return 0, errNoPlace
	}
	if err := w.skip(length - 18 - 4); err != nil {
		return 0, err
	}
	if b, err = w.next(4); err != nil {
		return 0, err
	}
	if content = int64(binary.LittleEndian.Uint32(b)); content > memberBytes {
		return 0, errNoPlace
	}
	return content, nil
}

// OpenAt opens a regular file as Open does, from a place on.
func OpenAt(ctx context.Context, file storage.File, p Place) (io.ReadCloser, error) {
	f, err := object.OpenFile(ctx, file)
	if err != nil {
		return nil, err
	}
	if _, err := f.Seek(p.Packed, io.SeekStart); err != nil {
		f.Close()
		return nil, err
	}
	d, err := NewReader(file.Path, f, file.Codec)
	if err != nil {
		f.Close()
		return nil, err
	}
	d.off, d.close = p.Start, f.Close
	return d, nil
}
