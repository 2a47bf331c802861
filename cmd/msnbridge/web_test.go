package main

import (
	"net"
	"net/http"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"msnbridge/cmd/msnbridge/internal/config"
)

var webRuns = regexp.MustCompile(`msg="web pages are served" .*\bweb=(\S+)`)

// Web pages are served where there is something for them, and end with the rest.
func TestWebPages(t *testing.T) {
	p := newPlace(t, "[matrix]\n[web]\nlisten = \"127.0.0.1:0\"\n")
	s := p.start(t)
	m := webRuns.FindStringSubmatch(s.await(t, "web pages are served"))
	if m == nil {
		t.Fatal(s.log)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get("http://" + m[1] + "/f/none/x.jpg")
	if err != nil || resp.StatusCode != http.StatusNotFound || resp.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("%+v %v", resp, err)
	}
	resp.Body.Close()
	other := newPlace(t, "[matrix]\n[web]\nlisten = \""+m[1]+"\"\n")
	other.fail(t, 1, []string{"config.toml", "web.listen", m[1], "in use"}, "")
	if code := s.stop(t, syscall.SIGTERM); code != 0 {
		t.Errorf("exit %d", code)
	}
}

func TestNoWebPages(t *testing.T) {
	for _, more := range []string{"", "[matrix]\n[web]\nlisten = \"off\"\n", "[matrix]\n[web]\nlisten = \"\"\n"} {
		s := newPlace(t, more).start(t)
		s.stop(t, syscall.SIGTERM)
		if strings.Contains(s.log.String(), "web pages") {
			t.Errorf("%s: %s", more, s.log)
		}
	}
}

// Without an address of their own they are beside the MSN service, on another port if need be.
func TestWebAddress(t *testing.T) {
	const host = "127.77.0.1" // where nobody else is
	taken, err := net.Listen("tcp", host+":"+webPort)
	if err != nil {
		t.Skip(err)
	}
	defer taken.Close()
	p := newPlace(t, "")
	p.write(t, "config.toml", "data_dir = \"data\"\n[msn]\nlisten = \""+host+":0\"\n[matrix]\n")
	s := p.start(t)
	m := webRuns.FindStringSubmatch(s.await(t, "web pages are served"))
	if m == nil || !strings.HasPrefix(m[1], host+":") || strings.HasSuffix(m[1], ":"+webPort) || !strings.Contains(s.log.String(), "WARN") {
		t.Errorf("%v\n%s", m, s.log)
	}
	s.stop(t, syscall.SIGTERM)
	for listen, want := range map[string]string{":1863": ":1880", "[::1]:0": "[::1]:1880", "msn.example:1863": "msn.example:1880"} {
		c := &config.Config{MSN: config.MSN{Listen: listen}, Web: config.Web{Listen: config.Auto}}
		if got := webAddress(c); got != want {
			t.Errorf("%s: %s", listen, got)
		}
	}
}
