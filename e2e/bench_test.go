package e2e

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"msnbridge/msn/client"
)

// unlimited is flood control that never holds back: the servers of the tests have none either.
const unlimited = "flood_burst = 1000000\nflood_interval = \"1ms\"\n"

// A route is a way from one person to another.
type route struct {
	send func(text string) error
	read func() (text string, err error)
}

// BenchmarkIRC measures messages between an IRC user and an MSN user, each way, in turns with
// messages between two IRC users of the same server, so that the noise of the machine falls on
// both alike.
func BenchmarkIRC(b *testing.B) {
	servers := map[string]func(testing.TB) string{
		"ngircd":   func(t testing.TB) string { return ngircd(t).Addr },
		"inspircd": func(t testing.TB) string { return inspircd(t).Addr },
	}
	for _, server := range slices.Sorted(maps.Keys(servers)) {
		b.Run(server, func(b *testing.B) { benchmarkIRC(b, servers[server](b)) })
	}
}

func benchmarkIRC(b *testing.B, addr string) {
	d := prepare(b)
	d.level = "info"
	d.configure(strings.ReplaceAll(ircTable("irc", addr), "flood_interval = \"50ms\"\n", unlimited))
	d.start()
	name := fresh("bench")
	anna, bob := benchUser(b, d, name+"anna"), joinIRC(b, addr, name+"bob")
	alice, carol := joinIRC(b, addr, name+"alice"), joinIRC(b, addr, name+"carol")
	room, other := "#"+name, "#"+name+"2"
	bob.join(room)
	alice.join(other)
	carol.join(other)
	anna.add(client.Forward, room+"@irc.test")
	anna.awaitState(room+"@irc.test", client.Online)
	query, channel := anna.call(bob.nick+"@irc.test"), anna.call(room+"@irc.test")
	toBob, toCarol, _ := bob.reading(), carol.reading(), alice.reading()
	for _, way := range []struct {
		name            string
		direct, bridged route
	}{
		{"query/toIRC", route{alice.saying(carol.nick), toCarol}, route{query.saying(), toBob}},
		{"query/toMSN", route{alice.saying(carol.nick), toCarol}, route{bob.saying(name + "anna"), query.reading()}},
		{"channel/toIRC", route{alice.saying(other), toCarol}, route{channel.saying(), toBob}},
		{"channel/toMSN", route{alice.saying(other), toCarol}, route{bob.saying(room), channel.reading()}},
	} {
		b.Run(way.name+"/latency", func(b *testing.B) { benchmarkLatency(b, way.direct, way.bridged) })
		b.Run(way.name+"/throughput", func(b *testing.B) { benchmarkThroughput(b, d, way.direct, way.bridged) })
	}
}

// benchUser is a signed-in user with an IRC login.
func benchUser(b *testing.B, d *daemon, nick string) *user {
	handle := d.account("anna")
	d.login(handle, "irc", "", "nick="+nick)
	return d.signIn(handle)
}

// benchmarkLatency sends one message at a time over each route.
func benchmarkLatency(b *testing.B, direct, bridged route) {
	var base, ours []time.Duration
	for i := range b.N {
		base = append(base, direct.time(b, i, 1))
		ours = append(ours, bridged.time(b, i, 1))
	}
	slices.Sort(base)
	slices.Sort(ours)
	report := func(d time.Duration, name string) { b.ReportMetric(float64(d.Nanoseconds())/1000, name) }
	middle := b.N / 2
	report(base[middle], "direct-p50-us")
	report(ours[middle], "p50-us")
	report(ours[middle]-base[middle], "added-p50-us")
	report(ours[b.N*99/100], "p99-us")
	b.ReportMetric(float64(ours[middle])/float64(base[middle]), "ratio")
}

// batch is how many messages are under way at once: less than the 10 KB that InspIRCd reads at
// once. What is behind that, it may leave lying for a second.
const batch = 200

// benchmarkThroughput sends batches over each route in turn.
func benchmarkThroughput(b *testing.B, d *daemon, direct, bridged route) {
	var base, ours time.Duration
	used := d.cpu(b)
	for i := 0; i < b.N; i += batch {
		n := min(batch, b.N-i)
		base += direct.time(b, i, n)
		ours += bridged.time(b, i, n)
	}
	b.ReportMetric(float64(b.N)/base.Seconds(), "direct-msgs/s")
	b.ReportMetric(float64(b.N)/ours.Seconds(), "msgs/s")
	b.ReportMetric(base.Seconds()/ours.Seconds(), "ratio")
	b.ReportMetric(float64((d.cpu(b)-used).Microseconds())/float64(b.N), "cpu-us/msg")
}

// cpu is how much time of the processor the daemon has used, in steps of 10 ms.
func (d *daemon) cpu(b *testing.B) time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", d.cmd.Process.Pid))
	if err != nil {
		b.Skip(err)
	}
	_, rest, _ := strings.Cut(string(stat), ") ") // proc(5): the fields from the third on
	var user, system int64
	if fields := strings.Fields(rest); len(fields) > 12 {
		user, _ = strconv.ParseInt(fields[11], 10, 64)
		system, _ = strconv.ParseInt(fields[12], 10, 64)
	}
	return time.Duration(user+system) * 10 * time.Millisecond
}

// time is how long n messages take until the last has come. All must come, in order.
func (r route) time(b *testing.B, from, n int) time.Duration {
	start, sent := time.Now(), make(chan error, 1)
	go func() {
		for i := range n {
			if err := r.send(words(fmt.Sprint(from + i))); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	for i := range n {
		text, err := r.read()
		if want := words(fmt.Sprint(from + i)); err != nil || text != want {
			b.Fatalf("read %q, %v, want %q", text, err, want)
		}
	}
	elapsed := time.Since(start)
	if err := <-sent; err != nil {
		b.Fatal(err)
	}
	return elapsed
}

func (f *ircFriend) saying(to string) func(string) error {
	return func(text string) error {
		f.conn.SetWriteDeadline(time.Now().Add(patience))
		_, err := f.conn.Write([]byte("PRIVMSG " + to + " :" + text + "\r\n"))
		return err
	}
}

// reading reads the texts of PRIVMSG, and nothing else, from now on until the end of the test. It
// answers the server's PINGs, also while nobody waits for a text.
func (f *ircFriend) reading() func() (string, error) {
	texts, done := make(chan string, 2*batch), make(chan struct{})
	f.t.Cleanup(func() {
		f.conn.Close()
		<-done
	})
	f.conn.SetReadDeadline(time.Time{})
	go func() {
		defer close(done)
		f.pump(texts)
	}()
	return func() (string, error) {
		timeout := time.NewTimer(patience)
		defer timeout.Stop()
		select {
		case text := <-texts:
			return text, nil
		case <-done:
			return "", fmt.Errorf("%s: the connection has ended", f.nick)
		case <-timeout.C:
			return "", fmt.Errorf("%s: nothing comes", f.nick)
		}
	}
}

// pump reads lines until the connection ends.
func (f *ircFriend) pump(texts chan<- string) {
	for in := bufio.NewScanner(f.in); in.Scan(); {
		line := in.Text()
		if token, ok := strings.CutPrefix(line, "PING "); ok {
			fmt.Fprintf(f.conn, "PONG %s\r\n", token)
		}
		if _, rest, _ := strings.Cut(line, " "); strings.HasPrefix(rest, "PRIVMSG ") {
			_, text, _ := strings.Cut(rest, " :")
			texts <- text
		}
	}
}

// saying sends as clients do: they want to hear only of what has failed.
func (w *window) saying() func(string) error {
	return func(text string) error {
		_, err := w.Send(bounded(w.t), client.NegativeOnly, client.TextPayload(text))
		return err
	}
}

func (w *window) reading() func() (string, error) {
	return func() (string, error) {
		m, err := client.Wait(bounded(w.t), w.events, func(m client.Message) bool { return m.IsText })
		return m.Text, err
	}
}
