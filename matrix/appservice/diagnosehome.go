package appservice

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"maunium.net/go/mautrix"
)

// noHomeserver is the problem of an address at which no homeserver answers. err is nil if somebody
// does who knows no version of the specification.
func (s *Service) noHomeserver(err error) Problem {
	p := Problem{Key: "homeserver", Text: "there is no Matrix homeserver at " + s.config.Homeserver,
		Remedy: "write the address that the homeserver's clients use"}
	var (
		cert *tls.CertificateVerificationError
		he   mautrix.HTTPError
	)
	switch status := statusOf(err); {
	case errors.As(err, &cert):
		p.Text = fmt.Sprintf("%s cannot be trusted (%s)", s.config.Homeserver, s.brief(err))
		p.Remedy = "mend the certificate, or write an address that needs none"
	case !answered(err) || status >= http.StatusInternalServerError:
		p.Text = fmt.Sprintf("the homeserver at %s cannot be reached (%s)", s.config.Homeserver, s.brief(err))
		p.Remedy = "start it, or write the address that its clients use"
	case errors.As(err, &he) && he.Response.Header.Get("Location") != "":
		to, _, _ := strings.Cut(he.Response.Header.Get("Location"), "/_matrix")
		p.Text += ": who comes there is sent on to " + s.clean(to)
	}
	return p
}

// answered tells whether something has answered as a web server does.
func answered(err error) bool {
	return err == nil || statusOf(err) != 0
}

// statusOf is the status of an answer that was a refusal, or could not be read; else 0.
func statusOf(err error) int {
	var he mautrix.HTTPError
	if errors.As(err, &he) && he.Response != nil {
		return he.Response.StatusCode
	}
	return 0
}

// brief says what went wrong without addresses, in which there may be secrets, and which may be other
// ones each time.
func (s *Service) brief(err error) string {
	var (
		he mautrix.HTTPError
		ue *url.Error
		op *net.OpError
	)
	switch {
	case isTimeout(err):
		return "no answer in time"
	case errors.As(err, &op):
		return s.clean(op.Err.Error())
	case errors.As(err, &ue):
		return s.clean(ue.Err.Error())
	case errors.As(err, &he) && he.RespError != nil:
		return s.clean(he.RespError.ErrCode + " " + he.RespError.Err)
	case errors.As(err, &he) && he.Response != nil:
		return s.clean(he.Response.Status)
	}
	return s.clean(err.Error())
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout) && timeout.Timeout()
}

// mostCleaned is how many bytes of a text of somebody else's are shown.
const mostCleaned = 200

// clean makes a text of somebody else's fit to be shown: one line, not too long, and without our tokens.
func (s *Service) clean(text string) string {
	for _, secret := range []string{s.config.ASToken.Reveal(), s.config.HSToken.Reveal()} {
		text = strings.ReplaceAll(text, secret, "TOKEN")
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, text)
	return strings.ToValidUTF8(text[:min(len(text), mostCleaned)], "")
}
