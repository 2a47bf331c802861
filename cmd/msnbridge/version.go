package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

const version = "0.1.0-dev"

type versionCommand struct{}

func (*versionCommand) Run() error {
	fmt.Printf("msnbridge %s%s\n%s %s/%s\n%s\n", version, commit(), runtime.Version(), runtime.GOOS, runtime.GOARCH, encryption())
	return nil
}

// commit says from which one the binary was built, where that is known.
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	rev := settings["vcs.revision"]
	if rev == "" {
		return ""
	}
	changed := ""
	if settings["vcs.modified"] == "true" {
		changed = ", changed since"
	}
	return fmt.Sprintf(" (%.12s%s)", rev, changed)
}

// encryption says what the build can do about encrypted rooms.
func encryption() string {
	if goolm {
		return "Matrix encryption: yes, in pure Go (goolm)"
	}
	return "Matrix encryption: none, built without the tag goolm"
}
