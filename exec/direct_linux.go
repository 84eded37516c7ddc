package exec

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	directBuffer = 4 << 20 // bytes
	directAlign  = 4096    // of memory, offsets and lengths; every block size in use divides it
)

// directFile appends to a file past the page cache. A run writes much, reads
// none of it back, and has it on the disk before it is published anyway: to
// fill the cache with it costs more than the rest of writing does.
//
// Whole blocks go to the disk as the buffer fills and at every flush; the
// bytes behind the last whole block go through the cache, and again with the
// block when it is whole.
type directFile struct {
	f     *os.File // the same file, opened with O_DIRECT
	plain *os.File
	buf   []byte // aligned memory
	n     int    // bytes in buf, which belong at base
	base  int64
}

// openDirect returns nil where the file system can't do it.
func openDirect(plain *os.File, len int64) *directFile {
	f, err := os.OpenFile(plain.Name(), os.O_WRONLY|syscall.O_DIRECT, 0)
	if err != nil {
		return nil
	}
	buf, err := unix.Mmap(-1, 0, directBuffer, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		f.Close()
		return nil
	}
	d := &directFile{f: f, plain: plain, buf: buf, base: len &^ (directAlign - 1)}
	d.n = int(len - d.base)
	if _, err := plain.ReadAt(d.buf[:d.n], d.base); err != nil {
		d.close()
		return nil
	}
	return d
}

// append takes b over. An error means that some of it isn't written.
func (d *directFile) append(b []byte) error {
	for len(b) > 0 {
		k := copy(d.buf[d.n:], b)
		d.n += k
		b = b[k:]
		if d.n == len(d.buf) {
			if err := d.write(d.n); err != nil {
				return err
			}
		}
	}
	return nil
}

// flush writes all that was appended.
func (d *directFile) flush() error {
	if whole := d.n &^ (directAlign - 1); whole > 0 {
		if err := d.write(whole); err != nil {
			return err
		}
	}
	_, err := d.plain.WriteAt(d.buf[:d.n], d.base)
	return err
}

// write writes the first n bytes of the buffer, whole blocks, and moves the
// rest down.
func (d *directFile) write(n int) error {
	for done := 0; done < n; {
		k, err := d.f.WriteAt(d.buf[done:n], d.base+int64(done))
		done += k
		if errors.Is(err, syscall.EINVAL) {
			// Larger blocks than directAlign, or a file system that takes the
			// flag and not the write.
			k, err = d.plain.WriteAt(d.buf[done:n], d.base+int64(done))
			done += k
		}
		if err != nil {
			return err
		}
	}
	d.base += int64(n)
	d.n = copy(d.buf, d.buf[n:d.n])
	return nil
}

func (d *directFile) close() error {
	err := unix.Munmap(d.buf)
	d.buf = nil
	if e := d.f.Close(); err == nil {
		err = e
	}
	return err
}
