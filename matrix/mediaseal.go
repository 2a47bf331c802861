package matrix

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
	"maunium.net/go/mautrix/crypto/attachment"

	"msnbridge/bridge"
)

const (
	inMemory  = 1 << 20     // bytes of a decrypted file that is kept in memory, not on disk
	mostSpool = 8           // times MaxFile may lie there at once
	spoolTime = time.Minute // that a file waits for others to be gone
)

// unseal decrypts a file. Only when it is there as a whole it is known that nobody has changed it, so
// until then nothing is handed on.
func (n *Network) unseal(ctx context.Context, cipher *attachment.EncryptedFile, d *bridge.Download) (*bridge.Download, error) {
	room := d.Size
	if room < 0 {
		room = n.config.MaxFile
	}
	free, err := n.reserve(ctx, room)
	if err != nil {
		return nil, err
	}
	s, err := n.newSpool(d.Size, free)
	if err != nil {
		free()
		return nil, err
	}
	clear := cipher.DecryptStream(struct{ io.Reader }{d})
	written, err := io.Copy(s, clear)
	if err == nil && clear.Close() != nil { // the hash is wrong
		err = errDamaged
	}
	if err == nil {
		err = s.rewind()
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return &bridge.Download{ReadCloser: s, Size: written}, nil
}

// reserve waits for room for so many bytes, and returns what frees it.
func (n *Network) reserve(ctx context.Context, bytes int64) (free func(), err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, spoolTime, errCrowded)
	defer cancel()
	if n.spooled.Acquire(ctx, bytes) != nil {
		return nil, context.Cause(ctx)
	}
	return sync.OnceFunc(func() { n.spooled.Release(bytes) }), nil
}

func newSpooled(maxFile int64) *semaphore.Weighted { return semaphore.NewWeighted(mostSpool * maxFile) }

// A spool is where a decrypted file lies: in memory, or in a file that has no name any more.
type spool struct {
	memory bytes.Buffer
	file   *os.File // nil: in memory
	free   func()
}

// newSpool makes one for a file of this size; -1: not known.
func (n *Network) newSpool(size int64, free func()) (*spool, error) {
	s := &spool{free: free}
	if size >= 0 && size <= inMemory {
		return s, nil
	}
	f, err := os.CreateTemp(n.config.SpoolDir, "msnbridge-file-")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoPlace, err)
	}
	_ = os.Remove(f.Name()) // where that cannot be, Close does it
	s.file = f
	return s, nil
}

// Write implements io.Writer.
func (s *spool) Write(p []byte) (int, error) {
	if s.file == nil {
		return s.memory.Write(p)
	}
	n, err := s.file.Write(p)
	if err != nil {
		err = fmt.Errorf("%w: %w", errNoPlace, err)
	}
	return n, err
}

// rewind makes what was written ready to be read.
func (s *spool) rewind() error {
	if s.file == nil {
		return nil
	}
	_, err := s.file.Seek(0, io.SeekStart)
	return err
}

// Read implements io.Reader.
func (s *spool) Read(p []byte) (int, error) {
	if s.file != nil {
		return s.file.Read(p)
	}
	return s.memory.Read(p)
}

// Close implements io.Closer.
func (s *spool) Close() error {
	defer s.free()
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	_ = os.Remove(s.file.Name())
	return err
}
