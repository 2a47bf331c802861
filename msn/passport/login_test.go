package passport

import (
	"net/url"
	"strings"
	"testing"
)

// fromPP is the ticket of an answer, found as clients find it.
func fromPP(answer string) string {
	if !strings.Contains(answer, "HTTP/1.1 200 OK") || !strings.Contains(answer, "\nAuthentication-Info:") || !strings.Contains(answer, "da-status=success") {
		return ""
	}
	return between(answer, "from-PP='", "'")
}

// cbtxt are the words of a refusal, found as Gaim finds them.
func cbtxt(t *testing.T, answer string) string {
	t.Helper()
	if !strings.Contains(answer, "HTTP/1.1 401 Unauthorized") {
		t.Fatalf("%s", answer)
	}
	_, line, _ := strings.Cut(answer, "WWW-Authenticate")
	text, err := url.PathUnescape(strings.TrimSpace(between(line, "cbtxt=", "\n")))
	if err != nil {
		t.Error(err)
	}
	return text
}

func TestLogin(t *testing.T) {
	r := newRig(t)
	var tickets []string
	for name, request := range map[string]string{
		"Gaim":        login("alice%40msn.test", secret),
		"aMSN":        login(alice, secret),
		"upper case":  login("Alice%40MSN.test", secret),
		"odd":         login("bert%40msn.test", url.QueryEscape(oddPass)),
		"Latin-1":     login("bert%40msn.test", "%3C%e4%26%2C%22b%3D%2541%27%3E"),
		"raw Latin-1": login("bert@msn.test", "<\xe4&%2C\"b=%2541'>"),
		"all escaped": login("%62%65%72%74%40%6d%73%6e%2e%74%65%73%74", "%3C%C3%A4%26%2C%22%62%3D%25%34%31%27%3E"),
		"long":        login("carol%40msn.test", long),
		"cut":         login("carol%40msn.test", long[:16]),
		"other path":  strings.Replace(login(alice, secret), "/login2.srf", "/whatever?lc=1033", 1),
		"login.srf":   strings.Replace(login(alice, secret), "/login2.srf", "/login.srf?lc=1033&id=507", 1),
		"HTTP/1.0":    strings.Replace(login(alice, secret), "HTTP/1.1", "HTTP/1.0", 1),
		"no host":     strings.Replace(login(alice, secret), "Host: login.live.com\r\n", "", 1),
		"POST":        strings.Replace(login(alice, secret), "GET", "POST", 1),
		"bare LF":     strings.ReplaceAll(login(alice, secret), "\r\n", "\n"),
		"MSN.pm": "GET /login2.srf HTTP/1.1\r\nTE: deflate,gzip;q=0.3\r\nConnection: TE, close\r\nAuthorization: Passport1.4 OrgVerb=GET,OrgURL=http%253A%252F%252Fmessenger%252Emsn%252Ecom},sign-in=alice%40msn.test,pwd=secret1,lc=1033,id=507\r\n" +
			"Host: login.live.com\r\nUser-Agent: MSMSGS\r\n\r\n",
		"order and blanks": "GET /login2.srf HTTP/1.1\r\nHost: x\r\nauthorization:passport1.4   PWD = secret1 , lc=1033, Sign-In=alice@msn.test,OrgVerb=GET \r\n\r\n",
	} {
		for way, answer := range map[string]string{"plain": r.ask(request), "tls": r.askTLS(request)} {
			ticket := fromPP(answer)
			owner := map[bool]string{true: alice, false: bert}[strings.Contains(strings.ToLower(request), "alice")]
			if strings.Contains(request, "carol") {
				owner = carol
			}
			tickets = append(tickets, ticket)
			if !ticketForm.MatchString(ticket) || !r.good(owner, ticket) {
				t.Errorf("%s, %s: %q\n%s", name, way, ticket, answer)
			}
		}
	}
	log := r.log.String()
	for _, hidden := range append(tickets, secret, long[:16], oddPass) {
		if strings.Contains(log, bare(hidden)) {
			t.Errorf("%s is in the log:\n%s", hidden, log)
		}
	}
	if !strings.Contains(log, alice) {
		t.Error("nothing is logged")
	}
}

func TestLoginRefused(t *testing.T) {
	r := newRig(t)
	for name, request := range map[string]string{
		"wrong password":   login(alice, "wrong"),
		"cut too early":    login(carol, long[:15]),
		"longer than cut":  login(carol, long[:17]),
		"unknown":          login("nobody@msn.test", secret),
		"no such domain":   login("alice@elsewhere.test", secret),
		"no handle":        login("", secret),
		"no password":      login(alice, ""),
		"no at":            login("alice", secret),
		"lines in handle":  login("alice%0d%0aX-Forged:%20yes@msn.test", secret),
		"NUL":              login(alice, "secret1%00"),
		"nothing":          "GET /login2.srf HTTP/1.1\r\nHost: x\r\nAuthorization: Passport1.4\r\n\r\n",
		"no authorization": "GET /login2.srf HTTP/1.1\r\nHost: x\r\n\r\n",
		"another scheme":   "GET /login2.srf HTTP/1.1\r\nHost: x\r\nAuthorization: Basic YWxpY2VAbXNuLnRlc3Q6c2VjcmV0MQ==\r\n\r\n",
		"blank in handle":  login("alice%20@msn.test", secret),
		"long password":    login(alice, strings.Repeat("a", maxPassword+1)),
		"long handle":      login(strings.Repeat("a", 2000)+"@msn.test", secret),
	} {
		answer := r.ask(request)
		if got := cbtxt(t, answer); got != string(wrongPassword) || strings.Contains(answer, "Forged") {
			t.Errorf("%s: %q\n%s", name, got, answer)
		}
	}
	if len(r.tickets.given) != 0 {
		t.Error("a ticket was given")
	}
}

// Every way to fail has words.
func TestLoginLimits(t *testing.T) {
	r := newRig(t)
	for range 3 {
		cbtxt(t, r.ask(login(alice, "wrong")))
	}
	if got := cbtxt(t, r.askTLS(login(alice, secret))); got != string(tooManyTries) {
		t.Error(got)
	}
	if !r.good(bert, fromPP(r.ask(login(bert, url.QueryEscape(oddPass))))) {
		t.Error("another account is locked out")
	}
}
