package bridgetest

import (
	"bytes"
	"context"
	"io"

	"msnbridge/bridge"
)

// A file is what a network keeps under a reference.
type file struct {
	kind string
	data []byte
}

// SetFile puts a file of a media type where Open finds it under ref. The data are not copied.
func (n *Network) SetFile(ref, kind string, data []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.files == nil {
		n.files = map[string]file{}
	}
	n.files[ref] = file{kind, data}
}

// Open implements bridge.Conn: see Network.SetFile.
func (c *Conn) Open(_ context.Context, ref string) (*bridge.Download, error) {
	if err := c.record(Call{Method: "Open", Ref: ref}); err != nil {
		return nil, err
	}
	c.n.mu.Lock()
	f, ok := c.n.files[ref]
	c.n.mu.Unlock()
	if !ok {
		return nil, bridge.ErrNotFound
	}
	return &bridge.Download{ReadCloser: io.NopCloser(bytes.NewReader(f.data)), Type: f.kind, Size: int64(len(f.data))}, nil
}
