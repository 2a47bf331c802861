package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// nexusPath is where a nexus answers.
const nexusPath = "/rdr/pprdr.asp"

// askNexus asks where to sign in, and signs in there (doc/protocol, 04 section 2).
func (e *errand) askNexus(ctx context.Context, u *url.URL) (string, error) {
	if strings.Trim(u.Path, "/") == "" {
		at := *u
		at.Path, u = nexusPath, &at
	}
	p, err := e.fetch(ctx, request(http.MethodGet, u, nil))
	if err != nil {
		return "", err
	}
	for entry := range strings.SplitSeq(strings.Join(p.Header.Values("PassportURLs"), ","), ",") {
		name, address, _ := strings.Cut(strings.TrimSpace(entry), "=")
		if !strings.EqualFold(name, "DALogin") {
			continue
		}
		login, err := loginAt(u, address)
		if err != nil {
			return "", err
		}
		return e.logIn(ctx, login)
	}
	return "", fmt.Errorf("passport at %s: %s is no answer of a nexus", u.Host, p.Status)
}

// loginAt is where DALogin leads. It usually has no scheme, and is always meant to
// be https.
func loginAt(nexus *url.URL, address string) (*url.URL, error) {
	if !strings.Contains(address, "://") {
		address = "https://" + address
	}
	return next(nexus, address)
}

// logIn shows the password, and goes wherever that leads (doc/protocol, 04 section 2.3).
func (e *errand) logIn(ctx context.Context, u *url.URL) (string, error) {
	for range maxReferrals {
		r := request(http.MethodGet, u, nil)
		r.Header.Set("Authorization", e.authorization())
		p, err := e.fetch(ctx, r)
		if err != nil {
			return "", err
		}
		if p.StatusCode/100 == 3 {
			if u, err = next(u, p.Header.Get("Location")); err != nil {
				return "", err
			}
			continue
		}
		return p.ticket()
	}
	return "", fmt.Errorf("passport: %w", ErrReferrals)
}

// authorization is the header that shows handle, password and the server's words.
func (e *errand) authorization() string {
	return "Passport1.4 OrgVerb=GET,OrgURL=http%3A%2F%2Fmessenger%2Emsn%2Ecom,sign-in=" + percent(e.handle) +
		",pwd=" + percent(e.password) + "," + e.policy
}

// percent encodes all that could be more than a letter in a list of values.
func percent(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// ticket is what the answer of a sign-in has between from-PP=' and the next '.
func (p *page) ticket() (string, error) {
	info := strings.Join(p.Header.Values("Authentication-Info"), ",")
	if _, rest, ok := strings.Cut(info, "from-PP='"); ok && p.StatusCode == http.StatusOK {
		ticket, _, _ := strings.Cut(rest, "'")
		return ticket, nil
	}
	why := strings.Join(append(p.Header.Values("WWW-Authenticate"), info), ",")
	if p.StatusCode/100 != 4 && !strings.Contains(why, "da-status=failed") {
		return "", fmt.Errorf("passport at %s: %s: %w", p.Request.URL.Host, p.Status, errNoTicket)
	}
	_, text, _ := strings.Cut(why, "cbtxt=")
	text, _, _ = strings.Cut(text, ",")
	return "", refused(decode(text))
}
