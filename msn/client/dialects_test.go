package client

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

// helloOf is a sign-in in a dialect, from VER to USR OK, with 4 commands or 5 in MSNP8 and later.
func helloOf(d *dialect) string {
	ok := "anna@msn.local Anna%20B 1 0"
	if !d.named {
		ok = "anna@msn.local 1 0"
	}
	return strings.NewReplacer("MSNPn", d.name, "VERSION", d.version, "ok", ok, "POLICY", policy).Replace(`
C: VER 1 MSNPn
S: VER 1 MSNPn
C: CVR 2 0x0409 winnt 5.1 i386 MSNMSGR VERSION MSMSGS anna@msn.local
S: CVR 2 1.0.0000 1.0.0000 1.0.0000 http://x/ http://x/
C: USR 3 TWN I anna@msn.local
S: USR 3 TWN S POLICY
C: USR 4 TWN S t=6841e5e9671396636957&p=
S: USR 4 OK ok
S: MSG Hotmail Hotmail LEN\r\nMIME-Version: 1.0\r\nContent-Type: text/x-msmsgsprofile\r\n\r\n
`)
}

// signInAs signs in in a dialect from MSNP8 on; the next command is number 5.
func signInAs(t *testing.T, name string, o Options, scripts ...script) *Client {
	t.Helper()
	scripts[0] = script(helloOf(dialectIn([]string{name}))) + scripts[0]
	d := serveDoor(t, nil)
	d.startPlain(t)
	o.Passport.URL = d.URL + "/RST.srf"
	o.Server, o.Handle, o.Password, o.Dialects = serve(t, scripts...), "anna@msn.local", pass, []string{name}
	c, err := Dial(within(t), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestSignInWithTicket(t *testing.T) {
	for _, name := range PassportDialects {
		t.Run(name, func(t *testing.T) {
			c := signInAs(t, name, Options{}, "C: OUT")
			want := map[bool]string{true: "Anna B"}[c.row().named]
			if c.Handle() != "anna@msn.local" || c.Name() != want || c.Dialect() != name {
				t.Errorf("handle %q name %q dialect %q", c.Handle(), c.Name(), c.Dialect())
			}
			if m, err := Wait[ServerMessage](within(t), c.Events(), nil); err != nil || m.Message.Get("Content-Type") != "text/x-msmsgsprofile" {
				t.Error(m, err)
			}
			c.Close()
		})
	}
}

// With a Passport all dialects are offered, and the first of the answer is in force.
func TestOfferWithPassport(t *testing.T) {
	addr := serve(t, script(strings.NewReplacer("C: VER 1 MSNP9", "C: VER 1 MSNP12 MSNP11 MSNP10 MSNP9 MSNP8 MSNP7 MSNP6 MSNP5 MSNP4 MSNP3 MSNP2 CVR0",
		"S: VER 1 MSNP9", "S: VER 1 CVR0 MSNP9 MSNP8 MSNP12").Replace(helloOf(dialectIn([]string{"MSNP9"})))))
	d := serveDoor(t, nil)
	d.startPlain(t)
	c, err := Dial(within(t), Options{Server: addr, Handle: "anna@msn.local", Password: pass, Passport: Passport{URL: d.URL + "/login2.srf"}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if c.Dialect() != "MSNP9" {
		t.Error(c.Dialect())
	}
}

func TestNoPassport(t *testing.T) {
	addr := serve(t, "C: VER 1 MSNP12\nS: VER 1 MSNP12")
	_, err := Dial(within(t), Options{Server: addr, Handle: "a@b", Dialects: []string{"MSNP12"}})
	if !errors.Is(err, ErrNoPassport) {
		t.Error(err)
	}
}

// A ticket is no part of the trace.
func TestTraceHidesTickets(t *testing.T) {
	lines := make(chan string, 100)
	c := signInAs(t, "MSNP12", Options{Trace: func(l string) { lines <- l }}, "C: OUT")
	c.Close()
	close(lines)
	var all string
	for l := range lines {
		all += l + "\n"
	}
	if strings.Contains(all, "6841e5") || !strings.Contains(all, "C: USR 4 TWN S ...") {
		t.Error(all)
	}
}

const (
	friends = "0f1d6f5e-aaaa-4000-8000-000000000001"
	work    = "0f1d6f5e-aaaa-4000-8000-000000000002"
	bobID   = "a83b873c-07d7-4ef5-9997-8b947a167eb7"
	eveID   = "b5bd1847-f53d-4d2e-bc2b-659262524ccf"
)

// The answers of doc/protocol, 02 section 4, and of the recordings.
func TestSyncInLaterDialects(t *testing.T) {
	for name, c := range map[string]struct {
		dialect string
		play    script
		want    Roster
	}{
		"masks": {"MSNP8", `
C: SYN 5 0
S: SYN 5 15 3 2
S: GTC A
S: BLP BL
S: PRP PHH 1%20222
S: LSG 0 Other%20Contacts 0
S: LSG 5 Friends 0
S: LST anna@x.tld Anna%20%3D 11 0,5
S: BPR PHH 1%20333
S: LST frank@x.tld Frank 4
S: LST eve@x.tld Eve 8 0`, Roster{Version: 15, Prompt: "A", Default: "BL",
			Groups:     []Group{{ID: 0, Name: "Other Contacts"}, {ID: 5, Name: "Friends"}},
			Properties: map[string]string{"PHH": "1 222"}, OfContacts: map[string]map[string]string{"anna@x.tld": {"PHH": "1 333"}},
			Lists: map[List][]Entry{
				Forward: {{Handle: "anna@x.tld", Name: "Anna =", Groups: []int{0, 5}}}, Allow: {{Handle: "anna@x.tld", Name: "Anna ="}},
				Block: {{Handle: "frank@x.tld", Name: "Frank"}}, Reverse: {{Handle: "anna@x.tld", Name: "Anna ="}, {Handle: "eve@x.tld", Name: "Eve"}},
			}}},
		"GUIDs": {"MSNP11", `
C: SYN 5 0 0
S: SYN 5 2005-04-23T18:57:44.8130000-07:00 2005-04-23T18:57:54.2070000-07:00 3 2
S: GTC N
S: BLP AL
S: PRP MFN My%20Nick
S: LSG Friends ` + friends + `
S: LSG 5 ` + work + `
S: LST N=anna@x.tld F=Anna%3D C=` + bobID + ` 11 ` + work + `,` + friends + `
S: LST N=frank@x.tld F=Frank C=` + eveID + ` 3
S: LST N=eve@x.tld 24 `, Roster{Stamps: [2]string{"2005-04-23T18:57:44.8130000-07:00", "2005-04-23T18:57:54.2070000-07:00"}, Prompt: "N", Default: "AL",
			Groups:     []Group{{1, "Friends", friends}, {2, "5", work}},
			Properties: map[string]string{"MFN": "My Nick"},
			Lists: map[List][]Entry{
				Forward: {{"anna@x.tld", "Anna=", []int{2, 1}, bobID}, {"frank@x.tld", "Frank", nil, eveID}},
				Allow:   {{Handle: "anna@x.tld", Name: "Anna="}, {Handle: "frank@x.tld", Name: "Frank"}},
				Reverse: {{Handle: "anna@x.tld", Name: "Anna="}, {Handle: "eve@x.tld", Name: "eve@x.tld"}}, Pending: {{Handle: "eve@x.tld", Name: "eve@x.tld"}},
			}}},
		"types": {"MSNP12", `
C: SYN 5 0 0
S: SYN 5 2000-01-01T00:00:00.0-00:00 2000-01-01T00:00:00.0-00:00 3 1
S: GTC A
S: BLP AL
S: PRP MFN Alice
S: LSG Friends ` + friends + `
S: LST N=bob@x.tld F=Bob C=` + bobID + ` 11 1 ` + friends + `
S: LST N=carol@x.tld F=Carol C=` + eveID + ` 11 1 
S: LST N=frank@x.tld F=frank@x.tld 2 1 `, Roster{Stamps: [2]string{"2000-01-01T00:00:00.0-00:00", "2000-01-01T00:00:00.0-00:00"}, Prompt: "A", Default: "AL",
			Groups: []Group{{1, "Friends", friends}}, Properties: map[string]string{"MFN": "Alice"},
			Lists: map[List][]Entry{
				Forward: {{"bob@x.tld", "Bob", []int{1}, bobID}, {"carol@x.tld", "Carol", nil, eveID}},
				Allow:   {{Handle: "bob@x.tld", Name: "Bob"}, {Handle: "carol@x.tld", Name: "Carol"}, {Handle: "frank@x.tld", Name: "frank@x.tld"}},
				Reverse: {{Handle: "bob@x.tld", Name: "Bob"}, {Handle: "carol@x.tld", Name: "Carol"}},
			}}},
		"nobody": {"MSNP10", `
C: SYN 5 0 0
S: SYN 5 0 0 0 0
S: GTC A
S: BLP AL
S: PRP MFN Alice`, Roster{Stamps: [2]string{"0", "0"}, Prompt: "A", Default: "AL"}},
	} {
		t.Run(name, func(t *testing.T) {
			cl := signInAs(t, c.dialect, Options{}, c.play)
			got, err := cl.Sync(within(t), 0)
			if err != nil {
				t.Fatal(err)
			}
			if c.want.Lists == nil {
				c.want.Lists = map[List][]Entry{}
			}
			fill(&c.want)
			if !reflect.DeepEqual(*got, c.want) {
				t.Errorf("got  %+v\nwant %+v", *got, c.want)
			}
			if mfn := c.want.Properties["MFN"]; mfn != "" && cl.Name() != mfn {
				t.Errorf("name %q", cl.Name())
			}
		})
	}
}

// What comes in between, and what belongs to the last contact but comes behind all
// that was announced, are events.
func TestBesideSync(t *testing.T) {
	c := signInAs(t, "MSNP9", Options{}, `
C: SYN 5 0
S: SYN 5 3 1 1
S: GTC A
S: NLN NLN bob@x.tld Bob 0
S: BLP AL
S: LSG 0 Other 0
S: LST bob@x.tld Bob 11 0
S: BPR MOB Y
C: SYN 6 3
S: SYN 6 3`)
	if _, err := c.Sync(within(t), 0); err != nil {
		t.Fatal(err)
	}
	if p, err := Wait[Presence](within(t), c.Events(), nil); err != nil || p.Handle != "bob@x.tld" {
		t.Error(p, err)
	}
	if p, err := Wait[PropertyChanged](within(t), c.Events(), nil); err != nil || p != (PropertyChanged{"bob@x.tld", "MOB", "Y"}) {
		t.Error(p, err)
	}
	if r, err := c.Sync(within(t), 3); err != nil || !r.Current || r.Version != 3 {
		t.Error(r, err)
	}
}

func TestSyncSince(t *testing.T) {
	c := signInAs(t, "MSNP12", Options{}, "C: SYN 5 a b\nS: SYN 5 a b\nC: SYN 6 0 0\nS: 603 6")
	if r, err := c.SyncSince(within(t), [2]string{"a", "b"}); err != nil || !r.Current || r.Stamps != [2]string{"a", "b"} {
		t.Error(r, err)
	}
	if _, err := c.Sync(within(t), 0); Code(err) != 603 {
		t.Error(err)
	}
}

// The same calls as in the older dialects.
func TestChangesByGUID(t *testing.T) {
	c := signInAs(t, "MSNP12", Options{}, script(strings.NewReplacer("FRIENDS", friends, "WORK", work, "BOB", bobID, "EVE", eveID).Replace(`
C: SYN 5 0 0
S: SYN 5 0 0 1 1
S: GTC A
S: BLP AL
S: PRP MFN Anna
S: LSG Friends FRIENDS
S: LST N=bob@x.tld F=Bob C=BOB 11 1
C: ADC 6 AL N=eve@x.tld
S: ADC 6 AL N=eve@x.tld
C: ADC 7 FL N=Eve@x.tld F=Eve%20%3D
S: ADC 7 FL N=eve@x.tld F=Eve%20%3D C=EVE
C: ADC 8 FL C=EVE FRIENDS
S: ADC 8 FL C=EVE FRIENDS
S: ILN 8 NLN eve@x.tld Eve 1073741824
C: ADC 9 FL C=BOB FRIENDS
S: ADC 9 FL C=BOB FRIENDS
C: ADC 10 FL N=nobody@x.tld F=nobody%40x.tld
S: 208 10
C: REM 11 FL BOB FRIENDS
S: REM 11 FL BOB FRIENDS
C: REM 12 FL EVE
S: REM 12 FL EVE
C: REM 13 AL eve@x.tld
S: REM 13 AL eve@x.tld
C: PRP 14 MFN A%20%25B
S: PRP 14 MFN A%20%25B
C: SBP 15 BOB MFN Bobby
S: SBP 15 BOB MFN Bobby
C: BLP 16 BL
S: BLP 16 BL
C: PRP 17 PHH
S: PRP 17 PHH
C: ADG 18 Work%20%26%20co
S: ADG 18 Work%20%26%20co WORK 0
C: REG 19 WORK Office
S: REG 19 1 Office WORK 0
C: RMG 20 WORK
S: RMG 20 1 WORK
C: GCF 21 Shields.xml
S: GCF 21 Shields.xml LEN\r\n<config/>
C: UUX 22 LEN\r\n<Data><PSM>a &amp; b</PSM><CurrentMedia></CurrentMedia></Data>
S: UUX 22 0
C: UUX 23 LEN\r\n<Data><PSM>a &amp; b</PSM><CurrentMedia>\0Music\01\0{0} - {1}\0A\0B\0</CurrentMedia></Data>
S: UUX 23 0
C: UUX 24 LEN\r\n<Data><PSM></PSM><CurrentMedia>\0Music\01\0{0} - {1}\0A\0B\0</CurrentMedia></Data>
S: UUX 24 0
C: PNG
S: QNG 50`)))
	ctx := within(t)
	if _, err := c.Sync(ctx, 0); err != nil {
		t.Fatal(err)
	}
	version := func(v int, err error) error {
		if v != 0 {
			t.Errorf("version %d", v)
		}
		return err
	}
	for i, step := range []struct {
		code int
		do   func() error
	}{
		{0, func() error { return version(c.Add(ctx, Allow, "eve@x.tld", "", AnyGroup)) }},
		{0, func() error { return version(c.Add(ctx, Forward, "Eve@x.tld", "Eve =", 1)) }},
		{0, func() error { return version(c.Add(ctx, Forward, "bob@x.tld", "", 1)) }},
		{208, func() error { return version(c.Add(ctx, Forward, "nobody@x.tld", "", AnyGroup)) }},
		{0, func() error { return version(c.Remove(ctx, Forward, "bob@x.tld", 1)) }},
		{0, func() error { return version(c.Remove(ctx, Forward, "eve@x.tld", AnyGroup)) }},
		{0, func() error { return version(c.Remove(ctx, Allow, "eve@x.tld", AnyGroup)) }},
		{0, func() error { return version(c.Rename(ctx, "Anna@msn.local", "A %B")) }},
		{0, func() error { return version(c.Rename(ctx, "bob@x.tld", "Bobby")) }},
		{0, func() error { return version(c.SetDefault(ctx, "BL")) }},
		{0, func() error { return version(c.SetProperty(ctx, "PHH", "")) }},
		{0, func() error {
			g, v, err := c.AddGroup(ctx, "Work & co")
			if g != (Group{2, "Work & co", work}) {
				t.Errorf("group %+v", g)
			}
			return version(v, err)
		}},
		{0, func() error { return version(c.RenameGroup(ctx, 2, "Office")) }},
		{0, func() error { return version(c.RemoveGroup(ctx, 2)) }},
		{0, func() error {
			b, err := c.Config(ctx, "Shields.xml")
			if string(b) != "<config/>" {
				t.Errorf("config %q", b)
			}
			return err
		}},
		{0, func() error { return c.SetNote(ctx, "a & b") }},
		{0, func() error { return c.SetMedia(ctx, Song("A", "B")) }},
		{0, func() error { return c.SetNote(ctx, "") }},
		{0, func() error { return c.Ping(ctx) }},
	} {
		if err := step.do(); Code(err) != step.code || (err != nil) != (step.code != 0) {
			t.Errorf("step %d: %v", i, err)
		}
	}
	if c.Name() != "A %B" || c.Pause().Seconds() != 50 {
		t.Error(c.Name(), c.Pause())
	}
	for _, err := range []error{second(c.Remove(ctx, Forward, "who@x.tld", AnyGroup)), second(c.Rename(ctx, "who@x.tld", "x"))} {
		if !errors.Is(err, ErrNoContact) {
			t.Error(err)
		}
	}
	for _, err := range []error{second(c.Add(ctx, Forward, "bob@x.tld", "", 7)), second(c.RemoveGroup(ctx, 0)), second(c.RenameGroup(ctx, 9, "x"))} {
		if !errors.Is(err, ErrNoGroup) {
			t.Error(err)
		}
	}
}

func second(_ int, err error) error { return err }

// What other servers answer ADG with.
func TestGroupsOfOtherServers(t *testing.T) {
	for _, answer := range []string{"ADG 5 Friends " + friends, "ADG 5 Friends " + friends + " 0", "ADG 5 1 Friends " + friends, "ADG 5 Friends 7"} {
		c := signInAs(t, "MSNP10", Options{}, script("C: ADG 5 Friends\nS: "+answer))
		g, _, err := c.AddGroup(within(t), "Friends")
		if err != nil || g.Name != "Friends" || g.ID != 1 || g.GUID != friends && g.GUID != "7" {
			t.Errorf("%s: %+v %v", answer, g, err)
		}
	}
}

// What the server does to the lists by itself.
func TestListsChangedByGUID(t *testing.T) {
	c := signInAs(t, "MSNP11", Options{}, script(strings.NewReplacer("FRIENDS", friends, "BOB", bobID, "EVE", eveID).Replace(`
S: ADC 0 RL N=carol@x.tld F=Carol%3D
S: ADC 0 FL N=bob@x.tld F=Bob C=BOB
S: REM 0 RL carol@x.tld
S: REM 0 RL N=carol@x.tld
S: REM 0 FL BOB
S: REM 0 FL EVE
S: ADG 0 Friends FRIENDS
S: BPR bob@x.tld MOB Y
S: PRP 0 MFN Anna
S: SBS 0 null
S: OUT RCT 5
S: close`)))
	var got []Event
	for ev := range c.Events() {
		if _, ok := ev.(ServerMessage); !ok {
			got = append(got, ev)
		}
	}
	want := []Event{
		ListChanged{List: Reverse, Entry: Entry{Handle: "carol@x.tld", Name: "Carol="}},
		ListChanged{List: Forward, Entry: Entry{Handle: "bob@x.tld", Name: "Bob", GUID: bobID}},
		ListChanged{Removed: true, List: Reverse, Entry: Entry{Handle: "carol@x.tld"}},
		ListChanged{Removed: true, List: Reverse, Entry: Entry{Handle: "carol@x.tld"}},
		ListChanged{Removed: true, List: Forward, Entry: Entry{Handle: "bob@x.tld", GUID: bobID}},
		ListChanged{Removed: true, List: Forward, Entry: Entry{Handle: eveID}},
		GroupAdded{Group: Group{1, "Friends", friends}},
		PropertyChanged{"bob@x.tld", "MOB", "Y"},
		PropertyChanged{"anna@msn.local", "MFN", "Anna"},
		SignedOut{"RCT", 5},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if c.Name() != "Anna" {
		t.Error(c.Name())
	}
}

const object = `<msnobj Creator="bob@x.tld" Size="5361" Type="3" Location="a.tmp" Friendly="AAA=" SHA1D="x=" SHA1C="y="/>`

// Presence with all that comes with it, and the notes that come apart.
func TestPresenceInLaterDialects(t *testing.T) {
	for _, name := range []string{"MSNP8", "MSNP9", "MSNP12"} {
		chg := map[string]string{"MSNP8": "NLN 1073741824", "MSNP9": "NLN 1073741824 %3Cmsnobj%20a%2F%3E", "MSNP12": "NLN 1073741824 %3Cmsnobj%20a%2F%3E"}[name]
		c := signInAs(t, name, Options{Picture: "<msnobj a/>"}, script(strings.NewReplacer("WORDS", chg, "OBJECT", encoded(object)).Replace(`
C: CHG 5 WORDS
S: CHG 5 WORDS
S: ILN 5 AWY bob@x.tld Bob 2416181284:00 OBJECT
S: UBX bob@x.tld LEN\r\n<Data><PSM>a &amp; b&#x0D;&#x0A;&lt;c&gt;</PSM><CurrentMedia></CurrentMedia></Data>
S: UBX bob@x.tld LEN\r\n<Data><PSM>a &amp; b&lt;c&gt;</PSM><CurrentMedia/></Data>
S: NLN NLN bob@x.tld Bob 0 %3Cmsnobj%2F%3E
S: UBX bob@x.tld LEN\r\n <Data><PSM></PSM><CurrentMedia>iTunes\0Music\01\0{0} - {1}\0Title\0Artist\0Album\0\0</CurrentMedia><MachineGuid>{x}</MachineGuid></Data>
S: FLN bob@x.tld
S: NLN BSY bob@x.tld Bob
S: UBX bob@x.tld 0
S: UBX eve@x.tld LEN\r\n<Data><PSM>nonsense
S: UBX eve@x.tld LEN\r\n<Data><PSM>hi</PSM></Data>
S: CHG 0 HDN
S: close`)))
		if err := c.SetState(within(t), Online); err != nil {
			t.Fatal(err)
		}
		var got []Event
		for ev := range c.Events() {
			if _, ok := ev.(ServerMessage); !ok {
				got = append(got, ev)
			}
		}
		media := Media{Kind: "Music", Format: "{0} - {1}", Args: []string{"Title", "Artist", "Album"}}
		online := Presence{Handle: "bob@x.tld", Name: "Bob", State: Online, Note: "a & b<c>"}
		listening := online
		listening.Note, listening.Media = "", media
		want := []Event{
			Presence{Handle: "bob@x.tld", Name: "Bob", State: Away, Initial: true, Features: 2416181284, Picture: object},
			Presence{Handle: "bob@x.tld", Name: "Bob", State: Away, Features: 2416181284, Picture: object, Note: "a & b<c>"},
			online, listening,
			Presence{Handle: "bob@x.tld", State: Offline},
			Presence{Handle: "bob@x.tld", Name: "Bob", State: Busy},
			Other{Reply{Verb: "UBX", Words: []string{"eve@x.tld", "19"}, Payload: []byte("<Data><PSM>nonsense")}},
			Presence{Handle: "eve@x.tld", State: Offline, Note: "hi"},
			StateChanged{Hidden},
		}
		for i := range max(len(got), len(want)) {
			if i >= len(got) || i >= len(want) || !reflect.DeepEqual(got[i], want[i]) {
				t.Errorf("%s: got  %+v\nwant %+v", name, got, want)
				break
			}
		}
		if media.Text() != "Title - Artist" {
			t.Error(media.Text())
		}
	}
}

func encoded(object string) string {
	return strings.NewReplacer("<", "%3C", ">", "%3E", `"`, "%22", " ", "%20", "=", "%3D", "/", "%2F").Replace(object)
}

func TestPicture(t *testing.T) {
	c := signInAs(t, "MSNP12", Options{Features: 0x50000024}, `
C: CHG 5 NLN 1342177316
S: CHG 5 NLN 1342177316
C: CHG 6 NLN 1342177316 %3Cmsnobj%20a%2F%3E
S: CHG 6 NLN 1342177316 %3Cmsnobj%20a%2F%3E
C: CHG 7 AWY 1342177316 %3Cmsnobj%20a%2F%3E
S: CHG 7 AWY 1342177316 %3Cmsnobj%20a%2F%3E`)
	ctx := within(t)
	if err := errors.Join(c.SetState(ctx, Online), c.SetPicture(ctx, "<msnobj a/>"), c.SetState(ctx, Away)); err != nil {
		t.Error(err)
	}
}

// What a dialect has no room for is refused here, and nothing is sent.
func TestUnsupported(t *testing.T) {
	c := signIn(t, Options{Picture: "<msnobj a/>", Features: 5}, "C: CHG 5 NLN\nS: CHG 5 NLN\nC: OUT")
	ctx := within(t)
	if err := c.SetState(ctx, Online); err != nil {
		t.Error(err)
	}
	for _, err := range []error{c.SetNote(ctx, "x"), c.SetMedia(ctx, Media{}), c.SetPicture(ctx, "")} {
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Error(err)
		}
	}
	c.Close()
}

// CHL is answered as the official client of each dialect does: the digests are those of
// doc/protocol, 07.
func TestChallenge(t *testing.T) {
	for name, answer := range map[string]string{
		"MSNP8":  `msmsgs@msnmsgr.com LEN\r\n8f2f5a91b72102cd28355e9fc9000d6e`,
		"MSNP9":  `PROD0038W!61ZTF9 LEN\r\nca90e6a7c94a14aae7b3ae0f6018433e`,
		"MSNP10": `PROD0061VRRZH@4F LEN\r\n769dfe2c4292159189b71837ce37b74e`,
		"MSNP11": `PROD0090YUAUV{2B LEN\r\nd8d8cb2c2043a603d8286a3343143ee1`,
		"MSNP12": `PROD0101{0RM?UBW LEN\r\na2bcaf5dec2e7407282d443a8e38abd8`,
	} {
		c := signInAs(t, name, Options{}, script("S: CHL 0 15570131571988941333\nC: QRY 5 "+answer+"\nS: QRY 5\nS: FLN done@x.tld"))
		if _, err := Wait[Presence](within(t), c.Events(), nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	c := signIn(t, Options{}, "S: CHL 0 15570131571988941333\nC: QRY 5 msmsgs@msnmsgr.com LEN\\r\\n8f2f5a91b72102cd28355e9fc9000d6e\nS: QRY 5\nS: OUT\nS: close")
	<-c.Done()
}
