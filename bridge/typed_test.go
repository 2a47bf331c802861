package bridge

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestReadSlash(t *testing.T) {
	for in, want := range map[string]Message{
		"hello":                       {Text: "hello"},
		"/me waves":                   {Text: "waves", Emote: true},
		"/ME  waves":                  {Text: "waves", Emote: true},
		"/me ":                        {Command: "me"},
		"/Topic  a b ":                {Command: "topic", Text: "a b "},
		"/names":                      {Command: "names"},
		"/x\ny":                       {Command: "x", Text: "\ny"},
		"/ns\tidentify pw":            {Command: "ns", Text: "identify pw"},
		"/ns\u00a0\t identify pw":     {Command: "ns", Text: "identify pw"},
		"//shrug":                     {Text: "/shrug"},
		"// a comment":                {Text: "// a comment"},
		"/usr/bin/true":               {Text: "/usr/bin/true"},
		"/ 2":                         {Text: "/ 2"},
		"/":                           {Text: "/"},
		"/mémé":                       {Text: "/mémé"},
		"a /me":                       {Text: "a /me"},
		"/" + strings.Repeat("x", 30): {Text: "/" + strings.Repeat("x", 30)},
	} {
		m := Message{Text: in}
		if readSlash(&m); m != want {
			t.Errorf("%q: %+v", in, m)
		}
	}
}

func TestUnknownCommand(t *testing.T) {
	got := UnknownCommand("x", "topic").Reason
	for _, want := range []string{"/x", "/me /topic"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q", got)
		}
	}
}

// A message has its time, which begins anew when it moves.
func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		ctx, cancel := withPatience(t.Context(), 10*time.Second)
		defer cancel()
		time.Sleep(9 * time.Second)
		Progress(ctx)
		<-ctx.Done()
		if took := time.Since(began); took != 9*time.Second+sendTime || !errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
			t.Errorf("ended after %v: %v", took, context.Cause(ctx))
		}
		Progress(t.Context())
	})
}

func TestFormat(t *testing.T) {
	for _, s := range []string{"", "b", "bius", "#000000", "iu#00ff7f"} {
		if got := ParseFormat(s).String(); got != s {
			t.Errorf("%q is written %q", s, got)
		}
	}
	for _, s := range []string{"x", "#", "#zzz", "?!"} {
		if got := ParseFormat(s); got != (Format{}) {
			t.Errorf("%q is %+v", s, got)
		}
	}
	if _, ok := Color(0).RGB(); ok {
		t.Error("no colour is one")
	}
}
