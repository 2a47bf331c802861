package store

import (
	"encoding/json"
	"math"
	"strings"
	"time"
	"unicode/utf8"
)

// cleanText makes of s what both databases can keep.
func cleanText(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// cleanArgs cleans, in place, the texts among the arguments of a statement.
func cleanArgs(args []any) []any {
	for i, a := range args {
		if s, ok := a.(string); ok {
			if c := cleanText(s); c != s {
				args[i] = c
			}
		}
	}
	return args
}

// packMap writes a map as a JSON object; nothing if it is empty.
func packMap(m map[string]string) string {
	if len(m) == 0 {
		return ""
	}
	text, _ := json.Marshal(m) // strings never fail
	return string(text)
}

func unpackMap(text string) (m map[string]string, err error) {
	if text != "" {
		err = json.Unmarshal([]byte(text), &m)
	}
	return m, err
}

// packIDs writes group IDs as a JSON array; nothing if there are none.
func packIDs(ids []int) string {
	if len(ids) == 0 {
		return ""
	}
	text, _ := json.Marshal(ids) // integers never fail
	return string(text)
}

func unpackIDs(text string) (ids []int, err error) {
	if text != "" {
		err = json.Unmarshal([]byte(text), &ids)
	}
	return ids, err
}

var (
	earliest = time.Unix(0, math.MinInt64)
	latest   = time.Unix(0, math.MaxInt64)
)

// packTime writes a time as Unix nanoseconds, 0 for the zero time. Times before
// 1678 or after 2262, which only nonsense from a network can be, become those.
func packTime(t time.Time) int64 {
	switch {
	case t.IsZero():
		return 0
	case t.Before(earliest):
		return math.MinInt64
	case t.After(latest):
		return math.MaxInt64
	}
	return t.UnixNano()
}

func unpackTime(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n)
}
