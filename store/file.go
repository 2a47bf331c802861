package store

import (
	"encoding/json"
	"fmt"

	"msnbridge/bridge"
)

// sealFile makes of a message's file what the database keeps; nil for none.
func (s *sealer) sealFile(f *bridge.File, at place) []byte {
	if f == nil {
		return nil
	}
	plain, _ := json.Marshal(f) // three texts and a number
	return s.seal(plain, at)
}

// openFile is what sealFile has sealed; nil if there was no file.
func (s *sealer) openFile(sealed []byte, at place) (*bridge.File, error) {
	if len(sealed) == 0 {
		return nil, nil
	}
	plain, err := s.open(sealed, at)
	if err != nil {
		return nil, fmt.Errorf("file of a message: %w", err)
	}
	f := &bridge.File{}
	if err := json.Unmarshal(plain, f); err != nil {
		return nil, fmt.Errorf("file of a message: %w", err)
	}
	return f, nil
}
