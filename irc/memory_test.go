package irc

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// heap is what is in use, in bytes.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Ten thousand members take a few megabytes, however long the lines are in which
// the server names them.
func TestMemoryOfMembers(t *testing.T) {
	for name, line := range map[string]string{
		"usual":   ":nick%d!user@host.example.org JOIN #go account :A real name of usual length",
		"hostile": ":nick%d!user@" + strings.Repeat("x", 3000) + " JOIN #go " + strings.Repeat("y", 3000),
	} {
		t.Run(name, func(t *testing.T) {
			playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
				open(t, c, s, r, "#go", 20)
				before := heap()
				for i := range 10000 {
					s.say(fmt.Sprintf(line, i))
				}
				r.take()
				used := int64(heap()) - int64(before)
				t.Logf("%d KB", used>>10)
				if n := len(c.channel("#go").members); n != 10000 || used > 10<<20 {
					t.Errorf("%d members take %d KB", n, used>>10)
				}
			})
		})
	}
}
