package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// A testDetour notes who comes back.
type testDetour struct {
	short, back string
	done        func()
	came        chan url.Values
	err         error
}

func (r *rig) detour(err error) *testDetour {
	r.t.Helper()
	d := &testDetour{came: make(chan url.Values, 10), err: err}
	to := func(back string) string {
		d.back = back
		return "https://hs.example/sso?redirectUrl=" + url.QueryEscape(back)
	}
	var openErr error
	d.short, d.done, openErr = r.Detours().Open(alice, to, func(_ context.Context, q url.Values) error {
		d.came <- q
		return d.err
	})
	if openErr != nil {
		r.t.Fatal(openErr)
	}
	return d
}

func TestDetour(t *testing.T) {
	r := newRig(t)
	d := r.detour(nil)
	defer d.done()
	if !regexp.MustCompile(`^http://127\.0\.0\.1:\d+/s/[a-z2-9]{10}$`).MatchString(d.short) {
		t.Error(d.short)
	}
	a := r.get(d.short)
	a.want(t, http.StatusFound, "Location", "https://hs.example/sso?redirectUrl="+url.QueryEscape(d.back), "Referrer-Policy", "no-referrer")
	r.get(strings.ToUpper(d.short[:4])+d.short[4:]).want(t, http.StatusFound)
	r.do(http.MethodHead, d.back+"?loginToken=x").want(t, http.StatusOK)
	r.get(d.short+"/"+strings.Repeat("a", 22)+"?loginToken=x").want(t, http.StatusNotFound)
	if len(d.came) != 0 {
		t.Fatal("somebody came back who did not")
	}
	a = r.get(d.back + "?loginToken=abc%2B1")
	a.want(t, http.StatusOK, "Cache-Control", "no-store")
	if q := <-d.came; q.Get("loginToken") != "abc+1" || !strings.Contains(string(a.body), "You are signed in") {
		t.Errorf("%v: %s", q, a.body)
	}
	for _, address := range []string{d.short, d.back + "?loginToken=again"} {
		r.get(address).want(t, http.StatusNotFound)
	}
	if log := r.log.String(); strings.Contains(log, "abc") || len(d.came) != 0 {
		t.Error(log)
	}
}

// What does not work is said, and can be tried again until the sign-in is over.
func TestDetourRefused(t *testing.T) {
	r := newRig(t)
	d := r.detour(errors.New("that is <somebody> else"))
	for range 2 {
		a := r.get(d.back + "?loginToken=x")
		a.want(t, http.StatusForbidden)
		<-d.came
		if !strings.Contains(string(a.body), "that is &lt;somebody&gt; else") {
			t.Errorf("%s", a.body)
		}
	}
	d.done()
	for _, address := range []string{d.short, d.back + "?loginToken=x"} {
		r.get(address).want(t, http.StatusNotFound)
	}
	if len(d.came) != 0 {
		t.Error("came after done")
	}
}

// done waits for who is coming back.
func TestDetourDoneWaits(t *testing.T) {
	r := newRig(t)
	entered, leave, left := make(chan struct{}), make(chan struct{}), false
	var back string
	_, done, err := r.Detours().Open(alice, func(b string) string { back = b; return "https://hs.example/" },
		func(context.Context, url.Values) error {
			close(entered)
			<-leave
			left = true
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan answer)
	go func() { answered <- r.get(back) }()
	<-entered
	ended := make(chan bool)
	go func() { done(); ended <- left }()
	close(leave)
	if !<-ended {
		t.Error("done did not wait")
	}
	(<-answered).want(t, http.StatusOK)
}

func TestMostDetours(t *testing.T) {
	r := newRig(t)
	for range mostDetours {
		r.detour(nil)
	}
	if _, _, err := r.Detours().Open(alice, func(string) string { return "" }, nil); err == nil {
		t.Error("as many as one likes")
	}
}

// The address is where the owner's client has reached us, as far as we know.
func TestDetourAddress(t *testing.T) {
	r := newRig(t, Config{PublicHost: "public.example"})
	if d := r.detour(nil); !strings.HasPrefix(d.short, "http://public.example:") {
		t.Error(d.short)
	}
	r.Reached(alice, "10.1.2.3")
	if d := r.detour(nil); !strings.HasPrefix(d.short, "http://10.1.2.3:") || !strings.HasPrefix(d.back, d.short+"/") {
		t.Error(d.short)
	}
}
