package bridgetest

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"msnbridge/bridge"
)

// A Harness is what Run needs of a real network: a server, and ways to make
// people on it. Its methods end the test if they fail.
type Harness interface {
	// Network is the network under test, connected to the server.
	Network() bridge.Network

	// Login makes an identity of its own for an account, ready for Connect.
	Login(t testing.TB) bridge.Login

	// Friend makes a person who is present and can talk with the login, as if they
	// had done so before: where the network needs a direct chat, there is one. It
	// is called before the login is connected.
	Friend(t testing.TB, login bridge.Login) Friend

	// Features says what the network can do.
	Features() Features
}

// Features are what not every network can do. What is false or nil is not tried.
type Features struct {
	Typing bool // both ways
	Away   bool // the presence of people who are away
	Emote  bool // both ways

	// Absent are addresses of nobody: to reach one, or to send to one, fails.
	Absent []bridge.Addr

	// Malformed are local parts that nobody can have.
	Malformed []string

	// IDs are permanent IDs that can be split and joined.
	IDs []string

	// Room makes a room that a friend is in and the login is not; nil if the network
	// has no rooms.
	Room func(t testing.TB, friend Friend) Room

	// Ask has a friend who is in a room ask the login into it; nil if nobody can be
	// asked, or if that is no more than a message.
	Ask func(t testing.TB, friend Friend, room Room, login bridge.Login)

	// Accept has a friend enter a room into which the login has asked the friend, and
	// is what the friend then sees of it; nil if friends are not asked.
	Accept func(t testing.TB, friend Friend, room bridge.Addr) Room

	Gather bool // the login can make a room with several friends; with Accept
	Leave  bool // a room is left by Conn.Leave, and not because it is not watched any more

	// SeesRead waits until a friend is told that the login has read a text of the
	// friend's; nil if the network has no receipts.
	SeesRead func(t testing.TB, friend Friend, text string)

	// Elsewhere is another client with the login's own identity; nil if there can be
	// none. Blocks: the network keeps a list of whom the login has blocked.
	Elsewhere func(t testing.TB, login bridge.Login) Elsewhere
	Blocks    bool

	// Stop ends the server as a crash would and Start starts it again. If they are
	// given, a connection must end with its server.
	Stop, Start func(t testing.TB)
}

// A Friend is another person on the network, played by the test with a client of
// the network's own. Its methods end the test if they fail.
type Friend interface {
	Addr() bridge.Addr

	// Say sends a text to the login, as an emote ("/me") if that is wanted.
	Say(t testing.TB, text string, emote bool)

	// Hear waits for the next text that the login sends to the friend.
	Hear(t testing.TB) (text string, emote bool)

	// Be makes the friend Online, Away or Offline to others.
	Be(t testing.TB, s bridge.State)

	// Type tells the login that the friend is writing, and SeesTyping waits until
	// the login does so. Only with Features.Typing.
	Type(t testing.TB)
	SeesTyping(t testing.TB)
}

// Elsewhere is another client with the login's own identity. Its methods end the
// test if they fail.
type Elsewhere interface {
	// Leave leaves a room.
	Leave(t testing.TB, room bridge.Addr)

	// Block blocks or unblocks somebody, and SeesBlocked waits until somebody is
	// blocked or no longer is. Only with Features.Blocks.
	Block(t testing.TB, who bridge.Addr, blocked bool)
	SeesBlocked(t testing.TB, who bridge.Addr, blocked bool)
}

// A State is a bridge.LoginState in memory. The zero value is empty.
type State struct {
	mu     sync.Mutex // guards the fields below
	values map[string][]byte
	secret bridge.Secret
}

var _ bridge.LoginState = (*State)(nil)

// Get implements bridge.LoginState.
func (s *State) Get(_ context.Context, key string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.values[key]), nil
}

// Put implements bridge.LoginState.
func (s *State) Put(_ context.Context, key string, value []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.values == nil {
		s.values = map[string][]byte{}
	}
	s.values[key] = append([]byte{}, value...)
	return nil
}

// Delete implements bridge.LoginState.
func (s *State) Delete(_ context.Context, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.values, key)
	return nil
}

// Keys implements bridge.LoginState.
func (s *State) Keys(_ context.Context, prefix string) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := slices.Sorted(maps.Keys(s.values))
	return slices.DeleteFunc(keys, func(k string) bool { return !strings.HasPrefix(k, prefix) }), nil
}

// ReplaceSecret implements bridge.LoginState.
func (s *State) ReplaceSecret(_ context.Context, secret bridge.Secret) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secret = secret
	return nil
}

// Secret is what ReplaceSecret was given last; empty if it was not called.
func (s *State) Secret() bridge.Secret {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.secret
}
