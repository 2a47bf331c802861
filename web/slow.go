package web

import (
	"io"
	"net/http"
	"time"
)

// A slowWriter waits for a slow client as long as that goes on reading.
type slowWriter struct {
	http.ResponseWriter
	control *http.ResponseController
}

// Write implements http.ResponseWriter.
func (w *slowWriter) Write(p []byte) (int, error) {
	_ = w.control.SetWriteDeadline(time.Now().Add(writeTime))
	return w.ResponseWriter.Write(p)
}

// onlyWriter and onlyReader hide short cuts, in which there would be no deadlines.
type onlyWriter struct{ io.Writer }

type onlyReader struct{ io.Reader }
