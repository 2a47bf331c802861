package testserver_test

import (
	"testing"

	"msnbridge/internal/testserver"
)

func TestWeechat(t *testing.T) {
	s := testserver.Ngircd(t, testserver.NgircdOptions{})
	alice, bob := testserver.Weechat(t, s.Addr, "alice"), testserver.Weechat(t, s.Addr, "bob")
	for _, w := range []*testserver.WeechatClient{alice, bob} {
		w.Join(t, "#Lobby")
	}
	alice.WaitLine(t, "#Lobby", "bob", "has joined")
	alice.Say(t, "#lobby", "héllo  there")
	bob.WaitLine(t, "#lobby", "alice\t", "héllo  there")
	bob.Type(t, "#Lobby", "/me waves")
	alice.WaitLine(t, "#lobby", " *\tbob waves")
	bob.Type(t, "", "/topic #lobby tea")
	alice.WaitLine(t, "#lobby", "tea")
	alice.Say(t, "bob", "psst")
	bob.WaitLine(t, "alice", "psst")
	bob.Type(t, "", "/quit so long")
	alice.WaitLine(t, "#lobby", "<--", "bob", "has quit", "so long")
}
