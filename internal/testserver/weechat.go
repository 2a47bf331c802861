package testserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// lineTimeout is how long a line of a WeeChat is waited for.
const lineTimeout = 90 * time.Second

// A WeechatClient is a person at a real IRC client: WeeChat without a screen, which is told what
// to do through a FIFO and shows its windows as log files. WeeChat calls them buffers. It belongs
// to the goroutine of one test.
type WeechatClient struct {
	*Server
	Nick string

	in   *os.File
	read map[string]int64    // how much of each buffer's log has been read
	kept map[string][]string // lines that nobody has waited for yet
}

// Weechat starts a client, connects it to the server at addr, in the clear, and waits until it is
// welcome there.
func Weechat(t testing.TB, addr, nick string) *WeechatClient {
	t.Helper()
	program := Need(t, "weechat-headless", "apt-get install weechat-headless weechat-plugins")
	w := &WeechatClient{Nick: nick, read: map[string]int64{}, kept: map[string][]string{}}
	w.Server = newServer(t, "weechat of "+nick, nil)
	t.Cleanup(func() { w.tellWhenFailed(t) })
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"fifo.conf", "logger.conf", "weechat.conf", "irc.conf"} {
		w.writeConf(t, name, weechatConf{host, port, nick, w.fifo()})
	}
	w.args = []string{program, "--dir", w.dir}
	w.probe = w.welcome
	w.launch(t, 0, func([]int) {})
	w.open(t)
	return w
}

func (w *WeechatClient) fifo() string { return filepath.Join(w.dir, "in") }

// welcome looks for the server's greeting.
func (w *WeechatClient) welcome(context.Context) error {
	text, err := os.ReadFile(w.log(weechatServer))
	if err == nil && !strings.Contains(string(text), "Welcome to the ") {
		err = errors.New("not connected yet")
	}
	return err
}

// open opens the FIFO for both ways, so that WeeChat never reads its end.
func (w *WeechatClient) open(t testing.TB) {
	t.Helper()
	in, err := os.OpenFile(w.fifo(), os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		Missing(t, "WeeChat's fifo plugin", "apt-get install weechat-plugins")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	w.in = in
}

// weechatServer is the buffer of the server; that of a channel or a nick is named by buffer.
const weechatServer = "server.t"

// buffer is what WeeChat calls the buffer of a channel or a nick; that of the server if it is empty.
func (w *WeechatClient) buffer(target string) string {
	if target == "" {
		return weechatServer
	}
	return "t." + target
}

func (w *WeechatClient) log(buffer string) string {
	return filepath.Join(w.dir, "logs", "irc."+strings.ToLower(buffer)+".weechatlog")
}

// tellWhenFailed logs what was shown in all buffers.
func (w *WeechatClient) tellWhenFailed(t testing.TB) {
	if !t.Failed() {
		return
	}
	logs, _ := filepath.Glob(filepath.Join(w.dir, "logs", "irc.*"))
	for _, path := range logs {
		text, _ := os.ReadFile(path)
		t.Logf("%s, %s:\n%s", w.name, filepath.Base(path), text)
	}
}

// Type types a line in the buffer of a channel or a nick, or of the server if target is empty: a
// text, or a command that begins with a slash. The buffer must be open, and spelled as it was then.
func (w *WeechatClient) Type(t testing.TB, target, line string) {
	t.Helper()
	w.in.SetWriteDeadline(time.Now().Add(lineTimeout))
	if _, err := fmt.Fprintf(w.in, "irc.%s *%s\n", w.buffer(target), line); err != nil {
		t.Fatalf("%s: %v", w.name, err)
	}
}

// Say sends a text to a channel or a nick.
func (w *WeechatClient) Say(t testing.TB, target, text string) {
	t.Helper()
	w.Type(t, "", "/msg "+target+" "+text)
}

// Join joins a channel and waits until it has.
func (w *WeechatClient) Join(t testing.TB, channel string) {
	t.Helper()
	w.Type(t, "", "/join "+channel)
	w.WaitLine(t, channel, "-->", w.Nick+" (", "has joined")
}

// WaitLine waits until a line with all these parts is shown in the buffer of a channel or a nick,
// or of the server if target is empty, and returns it: who, a tab, and what. Lines before it are
// kept for later; the line itself is found once.
func (w *WeechatClient) WaitLine(t testing.TB, target string, parts ...string) string {
	t.Helper()
	b := w.buffer(target)
	ctx, cancel := context.WithTimeout(context.Background(), lineTimeout)
	defer cancel()
	var line string
	err := poll(ctx, func() (err error) {
		if err = w.follow(b); err == nil {
			line, err = w.take(b, parts)
		}
		return err
	})
	if err != nil {
		t.Fatalf("%s shows no line with %q in %q: %v; but %q", w.name, parts, target, err, w.kept[b])
	}
	return line
}

// Lines are the lines of a buffer that have come and that nobody has waited for yet.
func (w *WeechatClient) Lines(t testing.TB, target string) []string {
	t.Helper()
	b := w.buffer(target)
	if err := w.follow(b); err != nil {
		t.Fatalf("%s: %v", w.name, err)
	}
	return slices.Clone(w.kept[b])
}

var errNoLine = errors.New("no such line yet")

// take finds a line among those kept.
func (w *WeechatClient) take(buffer string, parts []string) (string, error) {
	kept := w.kept[buffer]
	for i, line := range kept {
		if !slices.ContainsFunc(parts, func(p string) bool { return !strings.Contains(line, p) }) {
			w.kept[buffer] = slices.Delete(kept, i, i+1)
			return line, nil
		}
	}
	return "", errNoLine
}

// follow reads the whole lines that have come to a buffer's log, without their time.
func (w *WeechatClient) follow(buffer string) error {
	f, err := os.Open(w.log(buffer))
	if err != nil {
		return err
	}
	defer f.Close()
	var text bytes.Buffer
	if _, err := f.Seek(w.read[buffer], 0); err != nil {
		return err
	}
	if _, err := text.ReadFrom(f); err != nil {
		return err
	}
	whole := bytes.LastIndexByte(text.Bytes(), '\n') + 1
	w.read[buffer] += int64(whole)
	for line := range strings.Lines(string(text.Bytes()[:whole])) {
		_, line, _ = strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		w.kept[buffer] = append(w.kept[buffer], line)
	}
	return nil
}

type weechatConf struct{ Host, Port, Nick, Fifo string }
