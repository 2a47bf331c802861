package bridge_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"msnbridge/bridge"
)

// What a network understands is asked of it, and what it does not is told.
func TestNetworkCommands(t *testing.T) {
	r := bridged(t)
	alice := r.signIn("alice@msn.test", bridge.Online)
	if got := r.command(alice, "net"); !strings.Contains(got, "no commands of its own") {
		t.Error(got)
	}
	r.net.SetCommands(func(ctx context.Context, account string, words []string) (string, error) {
		switch {
		case account != "alice@msn.test":
			return "", errors.New("who?")
		case len(words) == 1:
			return "", errors.New("give me a\rkey")
		case words[1] == "late":
			return "", context.DeadlineExceeded
		}
		return "two\nlines\x00", nil
	}, bridge.Command{Name: "verify", Args: "KEY", Help: "prove who you are"}, bridge.Command{Name: "sessions", Help: "list them"})
	for _, c := range []struct{ text, want string }{
		{"help", "\nnet verify KEY: prove who you are\nnet sessions: list them\n"},
		{"net", "Net understands:\nnet verify KEY: prove who you are\nnet sessions: list them"},
		{"net what secret", "Net understands:"},
		{"NET Verify", "That has not worked: give me akey"},
		{"net verify Secret Key", "two\nlines"},
		{"net verify late", "the network has not answered"},
	} {
		got := r.command(alice, c.text)
		if !strings.Contains(got, c.want) || strings.ContainsAny(got, "\r\x00") || strings.Contains(strings.ToLower(got), "secret") {
			t.Errorf("%s: %q", c.text, got)
		}
	}
	calls := r.net.Calls("Command")
	if len(calls) != 3 || !slices.Equal(calls[1].Words, []string{"verify", "Secret", "Key"}) {
		t.Errorf("%+v", calls)
	}
	if err := r.RemoveLogin(r.ctx, "alice@msn.test", "net"); err != nil {
		t.Fatal(err)
	}
	if got := r.command(alice, "net verify"); !strings.Contains(got, "no login") {
		t.Error(got)
	}
}
