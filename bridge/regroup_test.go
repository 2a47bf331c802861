package bridge_test

import (
	"errors"
	"slices"
	"testing"

	"msnbridge/bridge"
)

// Who is put into a group by a front end without a group 0 is in that alone, and is
// so after a restart.
func TestRegroup(t *testing.T) {
	r := newRig(t, "alice@msn.test", "bob@msn.test", "carol@msn.test")
	alice := r.signIn("alice@msn.test", bridge.Online)
	for _, name := range []string{"Friends", "Work"} {
		change(alice, func(done func(uint32, error)) {
			alice.AddGroup(name, func(_ bridge.Group, version uint32, err error) { done(version, err) })
		})
	}
	c := alice.mustAdd(bridge.FL, "bob@msn.test")
	regroup := func(handle string, group int) (v uint32, err error) {
		return change(alice, func(done func(uint32, error)) {
			alice.Regroup(handle, group, func(c bridge.Change, err error) { done(c.Version, err) })
		})
	}
	for _, tt := range []struct {
		handle string
		group  int
		want   error
		groups []int
	}{
		{"bob@msn.test", 2, nil, []int{2}},
		{"bob@msn.test", 1, nil, []int{1, 2}},
		{"bob@msn.test", 1, bridge.ErrAlreadyThere, []int{1, 2}},
		{"bob@msn.test", 0, bridge.ErrGroup, []int{1, 2}},
		{"bob@msn.test", 3, bridge.ErrGroup, []int{1, 2}},
		{"carol@msn.test", 1, bridge.ErrNotOnList, []int{1, 2}},
	} {
		v, err := regroup(tt.handle, tt.group)
		if !errors.Is(err, tt.want) || !slices.Equal(c.Entry.Groups, tt.groups) {
			t.Errorf("%s into %d: %v, in %v", tt.handle, tt.group, err, c.Entry.Groups)
		}
		if err == nil && v <= c.Version {
			t.Errorf("version %d", v)
		}
	}
	r.restart()
	alice = r.signIn("alice@msn.test", bridge.Online)
	alice.turn(func() {
		if e := alice.Entry("BOB@msn.test"); e == nil || !slices.Equal(e.Groups, []int{1, 2}) {
			t.Errorf("after a restart: %+v", e)
		}
		if e := alice.Entry("nobody@msn.test"); e != nil {
			t.Errorf("nobody is %+v", e)
		}
	})
}
