package web

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"strconv"
)

// headers are what every answer has: nothing in it may run, load anything or be framed, and nobody is
// told where it was found.
func headers(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
}

// page writes a few words, which a browser of 1995 shows as well. text may be anything.
func page(w http.ResponseWriter, r *http.Request, status int, title, text string) {
	body := fmt.Sprintf("<html><head><title>%s</title></head>\r\n<body bgcolor=\"#ffffff\" text=\"#000000\">\r\n<h3>%[1]s</h3>\r\n<p>%s</p>\r\n</body></html>\r\n",
		html.EscapeString(title), html.EscapeString(text))
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = io.WriteString(w, body)
	}
}
