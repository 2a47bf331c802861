package client

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// hello is a sign-in in MSNP7. The answer to the challenge was computed apart:
// printf 'abc.123secret' | md5sum.
const hello = `
C: VER 1 MSNP7
S: VER 1 MSNP7
C: INF 2
S: INF 2 MD5
C: USR 3 MD5 I anna@msn.local
S: USR 3 MD5 S abc.123
C: USR 4 MD5 S fd4801828472454d52a9f9b4ccb63900
S: USR 4 OK anna@msn.local Anna%20B 1
`

func signIn(t *testing.T, o Options, scripts ...script) *Client {
	t.Helper()
	scripts[0] = hello + scripts[0]
	o.Server, o.Handle, o.Password, o.Dialects = serve(t, scripts...), "anna@msn.local", "secret", []string{"MSNP7"}
	c, err := Dial(within(t), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestSignIn(t *testing.T) {
	c := signIn(t, Options{}, "C: OUT")
	if c.Handle() != "anna@msn.local" || c.Name() != "Anna B" || c.Dialect() != "MSNP7" {
		t.Errorf("handle %q name %q dialect %q", c.Handle(), c.Name(), c.Dialect())
	}
	c.Close()
	if _, open := <-c.Events(); open {
		t.Error("an event after Close")
	}
	if !errors.Is(c.Err(), ErrClosed) {
		t.Errorf("Err is %v", c.Err())
	}
	if _, err := c.Do(within(t), "CHG", "NLN"); !errors.Is(err, ErrClosed) {
		t.Errorf("a command after Close: %v", err)
	}
}

func TestAllDialectsAreOffered(t *testing.T) {
	addr := serve(t, `
C: VER 1 MSNP7 MSNP6 MSNP5 MSNP4 MSNP3 MSNP2 CVR0
S: VER 1 MSNP5 MSNP4 CVR0
C: INF 2
S: INF 2 MD5
C: USR 3 MD5 I a@b
S: USR 3 MD5 S x
C: USR 4 MD5 S 8a3597f82b305ba653a48e99bef29805
S: USR 4 OK a@b A`)
	c, err := Dial(within(t), Options{Server: addr, Handle: "a@b", Password: "pw"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if c.Dialect() != "MSNP5" {
		t.Errorf("dialect %s", c.Dialect())
	}
}

func TestReferral(t *testing.T) {
	ns := serve(t, script(strings.NewReplacer("VER 1", "VER 4", "INF 2", "INF 5", "USR 3", "USR 6", "USR 4", "USR 7").Replace(hello)))
	ds := serve(t, script(`
C: VER 1 MSNP7
S: VER 1 MSNP7
C: INF 2
S: INF 2 MD5
C: USR 3 MD5 I anna@msn.local
S: XFR 3 NS `+ns+` 0 SERVER
S: close`))
	c, err := Dial(within(t), Options{Server: ds, Handle: "anna@msn.local", Password: "secret", Dialects: []string{"MSNP7"}})
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}

func TestEndlessReferral(t *testing.T) {
	var scripts []script
	for _, n := range []string{"1 2 3", "4 5 6", "7 8 9", "10 11 12", "13 14 15"} {
		id := strings.Fields(n)
		scripts = append(scripts, script("C: VER "+id[0]+" MSNP7\nS: VER "+id[0]+" MSNP7\nC: INF "+id[1]+"\nS: INF "+id[1]+
			" MD5\nC: USR "+id[2]+" MD5 I a@b\nS: XFR "+id[2]+" NS SERVER 0"))
	}
	addr := serve(t, scripts...)
	_, err := Dial(within(t), Options{Server: addr, Handle: "a@b", Dialects: []string{"MSNP7"}})
	if !errors.Is(err, ErrReferrals) {
		t.Errorf("got %v", err)
	}
}

func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		play script
		code int
		is   error
	}{
		"no dialect":     {"C: VER 1 MSNP7\nS: VER 1 0\nS: close", 0, ErrNoDialect},
		"closed":         {"C: VER 1 MSNP7\nS: close", 0, ErrClosed},
		"no MD5":         {"C: VER 1 MSNP7\nS: VER 1 MSNP7\nC: INF 2\nS: INF 2 CTP", 0, nil},
		"wrong password": {script(strings.Replace(hello, "S: USR 4 OK anna@msn.local Anna%20B 1", "S: 911 4", 1)), 911, nil},
		"busy":           {"C: VER 1 MSNP7\nS: VER 1 MSNP7\nC: INF 2\nS: INF 2 MD5\nC: USR 3 MD5 I anna@msn.local\nS: 601 3", 601, nil},
		"oversized line": {script("C: VER 1 MSNP7\nS: " + strings.Repeat("x", 9000)), 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Dial(within(t), Options{Server: serve(t, c.play), Handle: "anna@msn.local", Password: "secret", Dialects: []string{"MSNP7"}})
			if err == nil || Code(err) != c.code || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestDialEndsWithItsContext(t *testing.T) {
	addr := serve(t, "C: VER 1 MSNP7") // and then silence
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_, err := Dial(ctx, Options{Server: addr, Handle: "a@b", Dialects: []string{"MSNP7"}})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestSync(t *testing.T) {
	for dialect, c := range map[string]struct {
		play script
		want Roster
	}{
		"MSNP2": {`
C: SYN 5 0
S: SYN 5 9
S: GTC 5 9 A
S: BLP 5 9 AL
S: LST 5 FL 9 1 2 bob@x.tld Bob%20C
S: LST 5 FL 9 2 2 eve@x.tld Eve
S: LST 5 AL 9 1 1 bob@x.tld Bob
S: LST 5 BL 9 0 0
S: LST 5 RL 9 0 0`, Roster{Version: 9, Prompt: "A", Default: "AL", Lists: map[List][]Entry{
			Forward: {{Handle: "bob@x.tld", Name: "Bob C"}, {Handle: "eve@x.tld", Name: "Eve"}}, Allow: {{Handle: "bob@x.tld", Name: "Bob"}},
		}}},
		"MSNP5": {`
C: SYN 5 0
S: SYN 5 9
S: GTC 5 9 N
S: BLP 5 9 BL
S: PRP 5 9 PHH 1%20222
S: PRP 5 9 PHW
S: LST 5 FL 9 1 1 bob@x.tld Bob
S: BPR 9 bob@x.tld PHH 555
S: BPR 9 bob@x.tld MOB N
S: LST 5 AL 9 0 0
S: LST 5 BL 9 0 0
S: LST 5 RL 9 1 1 bob@x.tld Bob`, Roster{Version: 9, Prompt: "N", Default: "BL",
			Properties: map[string]string{"PHH": "1 222"}, OfContacts: map[string]map[string]string{"bob@x.tld": {"PHH": "555", "MOB": "N"}},
			Lists: map[List][]Entry{Forward: {{Handle: "bob@x.tld", Name: "Bob"}}, Reverse: {{Handle: "bob@x.tld", Name: "Bob"}}},
		}},
		"MSNP7": {`
C: SYN 5 0
S: SYN 5 9
S: GTC 5 9 A
S: BLP 5 9 AL
S: LSG 5 9 1 2 0 Other%20Contacts 0
S: LSG 5 9 2 2 1 Friends 0
S: LST 5 FL 9 1 1 bob@x.tld Bob 0,1
S: LST 5 AL 9 0 0
S: LST 5 BL 9 0 0
S: LST 5 RL 9 0 0`, Roster{Version: 9, Prompt: "A", Default: "AL",
			Groups: []Group{{ID: 0, Name: "Other Contacts"}, {ID: 1, Name: "Friends"}},
			Lists:  map[List][]Entry{Forward: {{Handle: "bob@x.tld", Name: "Bob", Groups: []int{0, 1}}}},
		}},
	} {
		t.Run(dialect, func(t *testing.T) {
			cl := signIn(t, Options{}, c.play)
			got, err := cl.Sync(within(t), 0)
			if err != nil {
				t.Fatal(err)
			}
			fill(&c.want)
			if !reflect.DeepEqual(*got, c.want) {
				t.Errorf("got  %+v\nwant %+v", *got, c.want)
			}
		})
	}
}

// fill replaces nil maps.
func fill(r *Roster) {
	empty := newRoster()
	if r.Properties == nil {
		r.Properties = empty.Properties
	}
	if r.OfContacts == nil {
		r.OfContacts = empty.OfContacts
	}
}

func TestSyncOfCurrentVersion(t *testing.T) {
	c := signIn(t, Options{}, "C: SYN 5 9\nS: SYN 5 9\nC: LST 6 RL\nS: LST 6 RL 9 1 2 a@b A\nS: LST 6 RL 9 2 2 c@d C")
	r, err := c.Sync(within(t), 9)
	if err != nil || !r.Current || r.Version != 9 {
		t.Errorf("%+v %v", r, err)
	}
	got, err := c.List(within(t), Reverse)
	if err != nil || len(got) != 2 || got[1].Handle != "c@d" {
		t.Errorf("%+v %v", got, err)
	}
}

func TestPresenceAndLists(t *testing.T) {
	c := signIn(t, Options{}, `
C: CHG 5 NLN
S: CHG 5 NLN
S: ILN 5 AWY bob@x.tld Bob
S: NLN BSY eve@x.tld Eve%20%1B[2J
S: FLN bob@x.tld
S: ADD 0 RL 10 eve@x.tld Eve
S: REM 0 RL 11 eve@x.tld
S: ADG 0 12 Libera 1 0
S: BPR 12 bob@x.tld PHH 1%202
S: MSG Hotmail Hotmail LEN\r\nMIME-Version: 1.0\r\nContent-Type: text/x-msmsgsprofile\r\n\r\n
S: ZZZ what is this
S: OUT SSD
S: close`)
	if err := c.SetState(within(t), Online); err != nil {
		t.Fatal(err)
	}
	var got []Event
	for ev := range c.Events() {
		if m, ok := ev.(ServerMessage); ok {
			got = append(got, Other{Reply{Verb: m.Message.Get("Content-Type")}})
			continue
		}
		got = append(got, ev)
	}
	want := []Event{
		Presence{Handle: "bob@x.tld", Name: "Bob", State: Away, Initial: true},
		Presence{Handle: "eve@x.tld", Name: "Eve [2J", State: Busy},
		Presence{Handle: "bob@x.tld", State: Offline},
		ListChanged{false, Reverse, Entry{Handle: "eve@x.tld", Name: "Eve"}, 10},
		ListChanged{true, Reverse, Entry{Handle: "eve@x.tld", Name: ""}, 11},
		GroupAdded{Group{ID: 1, Name: "Libera"}, 12},
		PropertyChanged{"bob@x.tld", "PHH", "1 2"},
		Other{Reply{Verb: "text/x-msmsgsprofile"}},
		Other{Reply{Verb: "ZZZ", Words: []string{"what", "is", "this"}}},
		SignedOut{Reason: "SSD"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestChanges(t *testing.T) {
	c := signIn(t, Options{}, `
C: ADD 5 AL bob@x.tld bob%40x.tld
S: ADD 5 AL 11 bob@x.tld bob@x.tld
C: ADD 6 FL bob@x.tld Bob%20C 1
S: ADD 6 FL 12 bob@x.tld Bob%20C 1
S: ILN 6 NLN bob@x.tld Bob
C: ADD 7 FL nobody@x.tld nobody%40x.tld
S: 205 7
C: REM 8 FL bob@x.tld 1
S: REM 8 FL 13 bob@x.tld 1
C: REA 9 anna@msn.local A%20%25B
S: REA 9 14 anna@msn.local A%20%25B
C: BLP 10 BL
S: BLP 10 15 BL
C: GTC 11 N
S: 218 11
C: PRP 12 PHH 1%202
S: PRP 12 16 PHH 1%202
C: PRP 13 PHH
S: PRP 13 17 PHH
C: ADG 14 Old%20Pals 0
S: ADG 14 18 Old%20Pals 4 0
C: REG 15 4 Pals 0
S: REG 15 19 4 Pals 0
C: RMG 16 4
S: RMG 16 20 4
C: PNG
S: QNG`)
	ctx := within(t)
	for _, step := range []struct {
		version, code int
		do            func() (int, error)
	}{
		{11, 0, func() (int, error) { return c.Add(ctx, Allow, "bob@x.tld", "", AnyGroup) }},
		{12, 0, func() (int, error) { return c.Add(ctx, Forward, "bob@x.tld", "Bob C", 1) }},
		{0, 205, func() (int, error) { return c.Add(ctx, Forward, "nobody@x.tld", "", AnyGroup) }},
		{13, 0, func() (int, error) { return c.Remove(ctx, Forward, "bob@x.tld", 1) }},
		{14, 0, func() (int, error) { return c.Rename(ctx, "anna@msn.local", "A %B") }},
		{15, 0, func() (int, error) { return c.SetDefault(ctx, "BL") }},
		{0, 218, func() (int, error) { return c.SetPrompt(ctx, "N") }},
		{16, 0, func() (int, error) { return c.SetProperty(ctx, "PHH", "1 2") }},
		{17, 0, func() (int, error) { return c.SetProperty(ctx, "PHH", "") }},
		{18, 0, func() (int, error) {
			g, v, err := c.AddGroup(ctx, "Old Pals")
			if g != (Group{ID: 4, Name: "Old Pals"}) {
				t.Errorf("group %+v", g)
			}
			return v, err
		}},
		{19, 0, func() (int, error) { return c.RenameGroup(ctx, 4, "Pals") }},
		{20, 0, func() (int, error) { return c.RemoveGroup(ctx, 4) }},
	} {
		if v, err := step.do(); Code(err) != step.code || (err != nil) != (step.code != 0) || err == nil && v != step.version {
			t.Errorf("version %d, error %v; want version %d, code %d", v, err, step.version, step.code)
		}
	}
	if p, err := Wait(ctx, c.Events(), func(p Presence) bool { return p.Initial }); err != nil || p.Handle != "bob@x.tld" {
		t.Errorf("%+v %v", p, err)
	}
	if err := c.Ping(ctx); err != nil {
		t.Error(err)
	}
}

func TestNothingGetsOutOfAWord(t *testing.T) {
	c := signIn(t, Options{}, "C: ADD 5 FL a@b%0D%0AOUT xOUT\nS: 201 5")
	if _, err := c.Add(within(t), Forward, "a@b\r\nOUT", "x\r\nOUT", AnyGroup); Code(err) != 201 {
		t.Error(err)
	}
}

func TestOverflow(t *testing.T) {
	var b strings.Builder
	for range QueueLen + 1 {
		b.WriteString("S: FLN a@b\n")
	}
	c := signIn(t, Options{}, script(b.String()))
	<-c.Done()
	if !errors.Is(c.Err(), ErrOverflow) {
		t.Errorf("Err is %v", c.Err())
	}
	n := 0
	for range c.Events() {
		n++
	}
	if n != QueueLen {
		t.Errorf("%d events were kept, want %d", n, QueueLen)
	}
}

func TestTraceHidesSecrets(t *testing.T) {
	lines := make(chan string, 100)
	signIn(t, Options{Trace: func(l string) { lines <- l }}, "")
	var seen []string
	for range 8 {
		seen = append(seen, <-lines)
	}
	all := strings.Join(seen, "\n")
	if !strings.Contains(all, "C: USR 4 MD5 S ...") || !strings.Contains(all, "C: USR 3 MD5 I anna@msn.local") || strings.Contains(all, "fd4801") {
		t.Error(all)
	}
}
