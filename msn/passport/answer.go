package passport

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// An answer is the answer to a request. Clients search its bytes: the reason, the
// spelling of the names and their order are sent as they are here (doc/protocol,
// 04 section 2).
type answer struct {
	status string // with the reason: 200 OK
	fields []field
	media  string // of the body
	body   string

	// kept may be kept: old Internet Explorer saves nothing that came by TLS and may
	// not.
	kept bool
}

// A field is a line of the header.
type field struct{ name, value string }

// record is how much is written at once, to come in one TLS record: msn-pecan
// reads 8192 bytes and then forgets what its TLS library still holds
// (doc/protocol, 07 point 13).
const (
	oneRecord = 8 << 10
	record    = 4 << 10
)

// write sends the answer. The version is always 1.1: clients search for that too.
func (a *answer) write(w io.Writer, head bool) error {
	b := append([]byte("HTTP/1.1 "), a.status...)
	cache := "no-store"
	if a.kept {
		cache = ""
	}
	for _, f := range slices.Concat(a.fields, []field{
		{"Content-Type", a.media}, {"Content-Length", strconv.Itoa(len(a.body))}, {"Cache-Control", cache},
		{"Date", time.Now().UTC().Format(http.TimeFormat)}, {"Connection", "close"},
	}) {
		if f.value != "" {
			b = append(b, "\r\n"+f.name+": "+f.value...)
		}
	}
	b = append(b, "\r\n\r\n"...)
	if !head {
		b = append(b, a.body...)
	}
	size := len(b)
	if size >= oneRecord {
		size = record
	}
	for len(b) > 0 {
		n, err := w.Write(b[:min(size, len(b))])
		if err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// page is a page for people, in HTML 3.2. The texts are plain.
func page(status, title, text string) *answer {
	return htmlPage(status, title, "<p>"+html.EscapeString(text)+"</p>\n")
}

// htmlPage is a page with a body of its own.
func htmlPage(status, title, body string) *answer {
	return &answer{status: status, media: "text/html; charset=us-ascii", body: fmt.Sprintf(
		"<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 3.2 Final//EN\">\n<html>\n<head><title>%[1]s</title></head>\n<body>\n<h3>%[1]s</h3>\n%[2]s</body>\n</html>\n",
		html.EscapeString(title), body)}
}
