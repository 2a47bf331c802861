package testserver

import (
	"bytes"
	"embed"
	"testing"
	"text/template"
)

//go:embed conf
var confFiles embed.FS

// writeConf fills in the template conf/name, puts it into the server's folder and returns its path.
func (s *Server) writeConf(t testing.TB, name string, values any) string {
	t.Helper()
	tmpl, err := template.ParseFS(confFiles, "conf/"+name)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := tmpl.Execute(&text, values); err != nil {
		t.Fatal(err)
	}
	return s.write(t, name, text.Bytes())
}
