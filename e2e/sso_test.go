package e2e

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"msnbridge/internal/testserver"
)

// ssoServer is a homeserver for @anna:sso.test, on which one signs in in a browser only. Who comes there
// is signed in already.
func ssoServer(t testing.TB) *httptest.Server {
	answers := map[string]string{
		"GET versions":          `{"versions":["v1.11"]}`,
		"GET v3/login":          `{"flows":[{"type":"m.login.sso"},{"type":"m.login.token"}]}`,
		"POST v3/login":         `{"user_id":"@anna:sso.test","access_token":"an-access-token","device_id":"D"}`,
		"GET v3/account/whoami": `{"user_id":"@anna:sso.test","device_id":"D"}`,
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, "/_matrix/client/")
		switch text, ok := answers[r.Method+" "+path]; {
		case path == "v3/login/sso/redirect":
			http.Redirect(w, r, r.URL.Query().Get("redirectUrl")+"?loginToken=good", http.StatusFound)
		case r.Method == http.MethodPost && path == "v3/login" && !bodyHas(r, `"good"`):
			w.WriteHeader(http.StatusForbidden)
			io.WriteString(w, `{"errcode":"M_FORBIDDEN","error":"no"}`)
		case ok:
			io.WriteString(w, text)
		case path == "v3/sync":
			if r.URL.Query().Get("since") != "" {
				select {
				case <-r.Context().Done():
				case <-time.After(5 * time.Second):
				}
			}
			io.WriteString(w, `{"next_batch":"s1"}`)
		default:
			w.WriteHeader(http.StatusNotFound)
			io.WriteString(w, `{"errcode":"M_UNRECOGNIZED","error":"no"}`)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func bodyHas(r *http.Request, part string) bool {
	body, err := io.ReadAll(r.Body)
	return err == nil && strings.Contains(string(body), part)
}

var shortAddress = regexp.MustCompile(`http://127\.0\.0\.1:\d+/s/[a-z2-9]+`)

// Where the homeserver signs its users in in a browser, the user is told a short address, and a real
// browser that opens it ends at a page that says so.
func TestMatrixSSO(t *testing.T) {
	t.Parallel()
	hs := ssoServer(t)
	d := start(t, webTable, matrixTable)
	anna := d.account("anna")
	a := d.signIn(anna)
	out := d.must("", "login", "add", anna, "matrix", "user=@anna:sso.test", "homeserver="+hs.URL)
	address := shortAddress.FindString(out)
	if address == "" {
		t.Fatalf("no address in %q", out)
	}
	if m := a.answer(gateway).hearSome("open http"); shortAddress.FindString(m.Text) != address {
		t.Errorf("the user is told %q", m.Text)
	}
	if page := testserver.Browse(t, address); !strings.Contains(page, "You are signed in") {
		t.Errorf("the browser shows %s", page)
	}
	for end := time.Now().Add(patience); ; {
		list := d.must("", "login", "list", anna) // takes a while by itself
		if strings.Contains(list, " connected since ") {
			break
		}
		if time.Now().After(end) {
			t.Fatal(list)
		}
	}
	if head, _ := fetch(t, address); !strings.HasPrefix(head, "HTTP/1.0 404") {
		t.Errorf("the address is still good: %s", head)
	}
	if text := d.log.tail(1 << 30); strings.Contains(text, "an-access-token") || strings.Contains(text, "loginToken=") {
		t.Error("a token is in the log")
	}
}
