package passport

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"msnbridge/bridge"
)

// What a document may be.
const (
	mostDeep     = 32  // elements in each other
	mostAsked    = 16  // tickets in one request; MSN 7.5 wants two, others seven
	mostAddress  = 128 // bytes of what a ticket is for
	mostNumbered = 99
)

// An rstRequest is what somebody asks for by SOAP.
type rstRequest struct {
	credential
	asked    []asked
	multiple bool // they are asked for in a collection, and come in one
}

// Asked is one ticket that is asked for.
type asked struct {
	id      int    // N of Id="RSTN": clients look for the answer by it
	address string // what it is for
}

// parseRST reads the document of a request. Prefixes and namespaces do not count.
// Clients that leave & unescaped are understood.
func parseRST(body []byte) (*rstRequest, error) {
	d := xml.NewDecoder(strings.NewReader(decode(string(bytes.Trim(body, "\x00")))))
	d.Strict = false
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // it has been decoded
	r := &rstReader{}
	for {
		t, err := d.Token()
		switch {
		case errors.Is(err, io.EOF):
			return r.request()
		case err != nil:
			return nil, errors.New("malformed XML") // what is wrong may be a part of the password
		}
		if err := r.take(t); err != nil {
			return nil, err
		}
	}
}

// An rstReader collects a request from the tokens of its document.
type rstReader struct {
	rstRequest
	path     []string // elements that are open
	users    int
	password string
}

// take takes one token.
func (r *rstReader) take(t xml.Token) error {
	switch t := t.(type) {
	case xml.Directive:
		return errors.New("document type") // nobody needs one, and entities come with it
	case xml.StartElement:
		return r.start(t)
	case xml.EndElement:
		r.path = r.path[:max(0, len(r.path)-1)]
	case xml.CharData:
		r.text(t)
	}
	return nil
}

func (r *rstReader) start(e xml.StartElement) error {
	if len(r.path) >= mostDeep {
		return errors.New("too deep")
	}
	r.path = append(r.path, e.Name.Local)
	switch e.Name.Local {
	case "UsernameToken":
		r.users++
	case "RequestMultipleSecurityTokens":
		r.multiple = true
	case "RequestSecurityToken":
		if len(r.asked) >= mostAsked {
			return errors.New("too many tickets asked for")
		}
		r.asked = append(r.asked, asked{id: r.number(e)})
	}
	return nil
}

// number is N of Id="RSTN"; where there is none, which one in the list it is.
func (r *rstReader) number(e xml.StartElement) int {
	for _, a := range e.Attr {
		n, err := strconv.ParseUint(strings.TrimPrefix(a.Value, "RST"), 10, 8)
		if strings.EqualFold(a.Name.Local, "Id") && err == nil && n <= mostNumbered {
			return int(n)
		}
	}
	return len(r.asked)
}

// text puts text where it belongs. Only the first who signs in counts.
func (r *rstReader) text(text xml.CharData) {
	if len(r.path) < 2 {
		return
	}
	switch parent, name := r.path[len(r.path)-2], r.path[len(r.path)-1]; {
	case parent == "UsernameToken" && name == "Username" && r.users == 1:
		r.handle += string(text)
	case parent == "UsernameToken" && name == "Password" && r.users == 1:
		r.password += string(text)
	case parent == "EndpointReference" && name == "Address" && len(r.asked) > 0:
		r.asked[len(r.asked)-1].address += string(text)
	}
}

// request is what has been read, if it is whole.
func (r *rstReader) request() (*rstRequest, error) {
	r.handle = strings.TrimSpace(r.handle)
	r.credential.password = bridge.Secret(r.password)
	if len(r.path) > 0 || r.users == 0 || len(r.asked) == 0 {
		return nil, errors.New("not whole")
	}
	for i := range r.asked {
		a := &r.asked[i]
		if a.address = strings.TrimSpace(a.address); a.address == "" || len(a.address) > mostAddress {
			return nil, fmt.Errorf("address of %d bytes", len(a.address))
		}
	}
	return &r.rstRequest, nil
}
