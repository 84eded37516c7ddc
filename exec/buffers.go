package exec

import (
	"bufio"
	"io"
	"sync"
)

// writers and readers are buffers for the run's files. There are many files
// and few of them are open at a time.
var (
	writers writerPool
	readers readerPool
)

const fileBuffer = 64 << 10

type writerPool struct{ free sync.Pool }

func (p *writerPool) get(w io.Writer) *bufio.Writer {
	if b, ok := p.free.Get().(*bufio.Writer); ok {
		b.Reset(w)
		return b
	}
	return bufio.NewWriterSize(w, fileBuffer)
}

func (p *writerPool) put(b *bufio.Writer) {
	b.Reset(nil)
	p.free.Put(b)
}

type readerPool struct{ free sync.Pool }

func (p *readerPool) get(r io.Reader) *bufio.Reader {
	if b, ok := p.free.Get().(*bufio.Reader); ok {
		b.Reset(r)
		return b
	}
	return bufio.NewReaderSize(r, fileBuffer)
}

func (p *readerPool) put(b *bufio.Reader) {
	b.Reset(nil)
	p.free.Put(b)
}
