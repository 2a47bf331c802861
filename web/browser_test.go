package web

import (
	"strings"
	"testing"

	"msnbridge/internal/testserver"
)

// A real browser shows what is linked, and runs nothing.
func TestBrowser(t *testing.T) {
	r := newRig(t)
	link := r.put("large.png", pngOf(t, halves(1100, 550)))
	if page := testserver.Browse(t, link); !strings.Contains(page, "1024×512") || !strings.Contains(page, "<img") {
		t.Errorf("no image of this size in\n%s", page)
	}
	d := r.detour(nil)
	if page := testserver.Browse(t, d.back+"?loginToken=x"); !strings.Contains(page, "You are signed in") {
		t.Errorf("%s", page)
	}
	if q := <-d.came; q.Get("loginToken") != "x" {
		t.Errorf("%v", q)
	}
}
