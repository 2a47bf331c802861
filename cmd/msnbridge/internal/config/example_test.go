package config

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const examplePath = "../../../../config.toml.example"

func TestExampleIsTheBuiltIn(t *testing.T) {
	got, err := Load(examplePath)
	if err != nil {
		t.Fatal(err)
	}
	want, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	got.File = want.File
	if !reflect.DeepEqual(got, want) {
		t.Errorf("example  %+v\nbuilt in %+v", got, want)
	}
}

// commentedKey matches a key, or the name of a table, that the example has commented out.
var commentedKey = regexp.MustCompile(`(?m)^# (\w+ = |\[\w)`)

func TestExampleHasEveryKey(t *testing.T) {
	text, err := os.ReadFile(examplePath)
	if err != nil {
		t.Fatal(err)
	}
	all := commentedKey.ReplaceAllString(string(text), "$1")
	for path, kind := range known {
		key := path[strings.LastIndex(path, ".")+1:]
		if kind != "Hash" && !regexp.MustCompile(`(?m)^`+key+` = `).MatchString(all) {
			t.Errorf("%s is missing", path)
		}
	}
	// With all of them in force nothing is wrong but what they name: secrets given
	// three times, and files that are not there.
	_, err = parse("config.toml", all)
	ps, ok := err.(Problems)
	if !ok {
		t.Fatal(err)
	}
	for _, p := range ps {
		if !slices.Contains([]string{"irc.libera.tls_ca_file", "irc.libera.password", "database.url"}, p.path.String()) {
			t.Error(p)
		}
	}
}
