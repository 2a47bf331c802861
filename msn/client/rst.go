package client

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// askRST asks for a ticket by SOAP, as MSN 7.5 does (doc/protocol, 04 sections
// 2.4 and 3.1).
func (e *errand) askRST(ctx context.Context, u *url.URL) (string, error) {
	for range maxReferrals {
		r := request(http.MethodPost, u, e.envelope())
		r.Header.Set("Content-Type", "text/xml; charset=utf-8")
		p, err := e.fetch(ctx, r)
		if err != nil {
			return "", err
		}
		answer, err := parseRST(p.body)
		if err != nil {
			return "", fmt.Errorf("passport at %s: %s: %w", u.Host, p.Status, err)
		}
		if answer.redirect == "" {
			return answer.result()
		}
		if u, err = next(u, answer.redirect); err != nil {
			return "", err
		}
	}
	return "", fmt.Errorf("passport: %w", ErrReferrals)
}

// ticketFor is the address of the service that the ticket is for.
const ticketFor = "messenger.msn.com"

// envelope is the question: who asks, and for what.
func (e *errand) envelope() []byte {
	return []byte(strings.NewReplacer(
		"{handle}", xmlText.Replace(e.handle), "{password}", xmlText.Replace(e.password),
		"{policy}", xmlText.Replace("?"+strings.ReplaceAll(e.policy, ",", "&"))).Replace(rstQuestion))
}

const rstQuestion = `<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/" xmlns:wsse="http://schemas.xmlsoap.org/ws/2003/06/secext"` +
	` xmlns:wsp="http://schemas.xmlsoap.org/ws/2002/12/policy" xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/03/addressing"` +
	` xmlns:wst="http://schemas.xmlsoap.org/ws/2004/04/trust" xmlns:ps="http://schemas.microsoft.com/Passport/SoapServices/PPCRL">` +
	`<Header><ps:AuthInfo Id="PPAuthInfo"><ps:HostingApp>{7108E71A-9926-4FCB-BCC9-9A9D3F32E423}</ps:HostingApp>` +
	`<ps:BinaryVersion>4</ps:BinaryVersion><ps:UIVersion>1</ps:UIVersion><ps:Cookies></ps:Cookies>` +
	`<ps:RequestParams>AQAAAAIAAABsYwQAAAAxMDMz</ps:RequestParams></ps:AuthInfo>` +
	`<wsse:Security><wsse:UsernameToken Id="user"><wsse:Username>{handle}</wsse:Username>` +
	`<wsse:Password>{password}</wsse:Password></wsse:UsernameToken></wsse:Security></Header>` +
	`<Body><ps:RequestMultipleSecurityTokens Id="RSTS">` +
	`<wst:RequestSecurityToken Id="RST0"><wst:RequestType>http://schemas.xmlsoap.org/ws/2004/04/security/trust/Issue</wst:RequestType>` +
	`<wsp:AppliesTo><wsa:EndpointReference><wsa:Address>http://Passport.NET/tb</wsa:Address></wsa:EndpointReference></wsp:AppliesTo></wst:RequestSecurityToken>` +
	`<wst:RequestSecurityToken Id="RST1"><wst:RequestType>http://schemas.xmlsoap.org/ws/2004/04/security/trust/Issue</wst:RequestType>` +
	`<wsp:AppliesTo><wsa:EndpointReference><wsa:Address>` + ticketFor + `</wsa:Address></wsa:EndpointReference></wsp:AppliesTo>` +
	`<wsse:PolicyReference URI="{policy}"></wsse:PolicyReference></wst:RequestSecurityToken>` +
	`</ps:RequestMultipleSecurityTokens></Body></Envelope>`

// An rstAnswer is what there is of use in an answer.
type rstAnswer struct {
	ticket   string // for messenger.msn.com, else the first
	redirect string
	refused  bool
	fault    string
}

func (a *rstAnswer) result() (string, error) {
	switch {
	case a.ticket != "":
		return a.ticket, nil
	case a.refused:
		return "", refused(a.fault)
	}
	return "", errNoTicket
}

// parseRST reads an answer. Servers differ in prefixes and in where the fault
// stands, so elements are known by their own names alone.
func parseRST(b []byte) (*rstAnswer, error) {
	d := xml.NewDecoder(bytes.NewReader(bytes.ToValidUTF8(b, []byte("\uFFFD"))))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	a := &rstAnswer{}
	var text strings.Builder
	var address string
	for {
		token, err := d.Token()
		if err == io.EOF {
			return a, nil
		}
		if err != nil {
			return nil, fmt.Errorf("no answer of a ticket service: %w", err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			text.Reset()
		case xml.CharData:
			text.Write(token)
		case xml.EndElement:
			a.take(token.Name.Local, strings.TrimSpace(text.String()), &address)
			text.Reset()
		}
	}
}

// take takes an element that holds a text.
func (a *rstAnswer) take(name, text string, address *string) {
	switch name {
	case "Address":
		*address = text
	case "BinarySecurityToken":
		if a.ticket == "" || strings.EqualFold(*address, ticketFor) {
			a.ticket = text
		}
	case "redirectUrl":
		a.redirect = text
	case "faultstring", "Text":
		a.fault = text
	case "Fault":
		a.refused = true
	}
}
