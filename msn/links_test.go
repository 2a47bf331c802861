package msn

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"msnbridge/bridge"
)

// testLinks makes addresses that show what they were made of.
type testLinks struct {
	mu      sync.Mutex
	reached []string
}

func (l *testLinks) Link(account, network string, f bridge.File, host string) string {
	if f.Name == "" {
		return ""
	}
	return fmt.Sprintf("http://%s/%s/%s/%s/%s", host, network, account, f.Ref, f.Name)
}

func (l *testLinks) Reached(account, host string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reached = append(l.reached, account+" "+host)
}

// A message that brings a file is shown with the address of the file, whole.
func TestFileIsLinked(t *testing.T) {
	links := &testLinks{}
	r := bridged(t, Config{Links: links})
	links.mu.Lock()
	if len(links.reached) != 1 || links.reached[0] != "alice@msn.test 127.0.0.1" {
		t.Errorf("reached: %q", links.reached)
	}
	links.mu.Unlock()
	r.Play(t, open)
	const link = "http://127.0.0.1/net/alice@msn.test/REF/cat.jpg"
	long := strings.Repeat("x", 1390)
	for text, want := range map[string][]string{
		"(image: cat.jpg)":  {"(image: cat.jpg) " + link},
		"two\nlines":        {`two\r\nlines\r\n` + link},
		long:                {long, link},
		"(nothing to open)": {"(nothing to open)"},
	} {
		f := &bridge.File{Name: "cat.jpg", Ref: "REF"}
		if len(want) == 1 && !strings.Contains(want[0], link) {
			f = &bridge.File{}
		}
		r.emit(bridge.Message{Text: text, Time: time.Now(), File: f})
		for _, w := range want {
			r.Play(t, "a-sb S: MSG ann@net.test Annie LEN\\r\\n"+textHead+w)
		}
	}
}

// Behind NAT, addresses begin with what clients are told to connect to.
func TestFileAtThePublicAddress(t *testing.T) {
	for _, public := range []string{"msn.example.org", "msn.example.org:1864"} {
		r := bridged(t, Config{Links: &testLinks{}, PublicAddress: public})
		r.Play(t, strings.ReplaceAll(open, "{server}", "{_}"))
		r.emit(bridge.Message{Text: "(file)", Time: time.Now(), File: &bridge.File{Name: "a.txt", Ref: "R"}})
		r.Play(t, "a-sb S: MSG ann@net.test Annie LEN\\r\\n"+textHead+"(file) http://msn.example.org/net/alice@msn.test/R/a.txt")
	}
}
