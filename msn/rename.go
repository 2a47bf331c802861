package msn

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"msnbridge/bridge"
	"msnbridge/msn/wire"
)

// renameTime is how long a removal waits for the addition that makes a new name
// of it.
const renameTime = 300 * time.Millisecond

// A removal is a REM from the forward list that is held back, in a dialect whose
// clients rename by REM and ADD whenever presence brings another name. Carried out,
// that would leave and enter a room, and as the presence is told once more, such a
// client may begin anew without end (doc/protocol, 07).
type removal struct {
	trid   uint32
	row    *command
	handle string
	timer  *time.Timer
}

// mayRename tells of a contact whose removal may be half of a new name.
func (s *session) mayRename(handle string) bool {
	return s.dialect().renames && slices.ContainsFunc(s.bs.Entries(bridge.FL), func(e *bridge.Entry) bool {
		return strings.EqualFold(e.Spelling(), handle)
	})
}

// hold holds a removal back until the next command, or for a moment.
func (s *session) hold(r *removal) {
	r.timer = time.AfterFunc(renameTime, func() {
		s.bs.Post(func() {
			if s.held == r {
				s.turn(s.release)
			}
		})
	})
	s.held = r
}

// release carries out the removal that is held back, if there is one.
func (s *session) release() {
	if r := s.takeHeld(); r != nil {
		s.remove(r.trid, r.row, bridge.FL, noGroup, r.handle, []string{r.handle})
	}
}

func (s *session) takeHeld() *removal {
	r := s.held
	if r != nil {
		r.timer.Stop()
		s.held = nil
	}
	return r
}

// renamedBy tells whether cmd puts the same contact on the list again.
func (r *removal) renamedBy(cmd *wire.Command) bool {
	return string(cmd.Verb) == "ADD" && len(cmd.Words) == 4 && string(cmd.Words[1]) == nameOfList(bridge.FL) &&
		bytes.EqualFold(cmd.Words[2], []byte(r.handle))
}

// renamed makes a new name of REM and ADD. Both are answered.
func (s *session) renamed(r *removal, trid uint32, row *command, words []string, name string) {
	s.await()
	s.await()
	s.bs.Rename(r.handle, name, func(version uint32, err error) {
		s.settled(r.trid, r.row, err, func() {
			s.listChange("REM", r.trid, bridge.Change{List: bridge.FL, Version: version - 1}, r.handle)
		})
		s.settled(trid, row, err, func() {
			s.listChange("ADD", trid, bridge.Change{List: bridge.FL, Version: version}, words...)
		})
	})
}
