package matrix

import (
	"errors"
	"slices"
	"testing"

	"msnbridge/bridge"
)

// devices are those of an account, by name.
func (f *friend) devices() (names []string) {
	f.t.Helper()
	resp, err := f.GetDevicesInfo(f.t.Context())
	f.do("list the devices", err)
	for _, d := range resp.Devices {
		if d.DeviceID != f.DeviceID {
			names = append(names, d.DisplayName)
		}
	}
	slices.Sort(names)
	return names
}

// On a real homeserver a password becomes the one session that the login goes on with; checking it
// later leaves nothing behind, and that session alone.
func TestDendriteAdmit(t *testing.T) {
	hs := homeserver(t)
	o, own, _ := users(t, hs)
	who, err := own.Whoami(t.Context())
	own.do("whoami", err)
	own.DeviceID = who.DeviceID
	own.do("name", own.SetDisplayName(t.Context(), "Me Myself"))
	n, err := New(Config{SignIn: map[string]string{"localhost": hs.BaseURL}, DeviceName: "msnbridge at home", Log: o.login.Log})
	if err != nil {
		t.Fatal(err)
	}
	if !n.Admits(own.id()) {
		t.Fatal("not admitted")
	}
	for _, user := range []string{own.id(), "@nobody-at-all:localhost"} {
		if _, err := n.Admit(t.Context(), user, "a wrong password", nil); !errors.Is(err, bridge.ErrWrongPassword) {
			t.Errorf("%s: %v", user, err)
		}
	}
	a, err := n.Admit(t.Context(), own.id(), "a good password", nil)
	if err != nil || a.Name != "Me Myself" {
		t.Fatalf("%+v, %v", a, err)
	}
	o.login.Keys, o.state.values, o.state.secret = a.Keys, a.State, a.Secret
	c := o.connect()
	for range 2 {
		if err := n.Vouch(t.Context(), own.id(), "a good password"); err != nil {
			t.Error(err)
		}
		if err := n.Vouch(t.Context(), own.id(), "a wrong password"); !errors.Is(err, bridge.ErrWrongPassword) {
			t.Errorf("got %v", err)
		}
	}
	if got := own.devices(); !slices.Equal(got, []string{"msnbridge at home"}) {
		t.Errorf("devices %q", got)
	}
	if _, err := c.api.client.Whoami(t.Context()); err != nil || c.Err() != nil {
		t.Errorf("the login has ended: %v, %v", err, c.Err())
	}

	// Its session is ended elsewhere; a new one is made on another device.
	_, err = c.api.client.Logout(t.Context())
	own.do("sign the device out", err)
	<-c.Done()
	again, err := n.Admit(t.Context(), own.id(), "a good password", o.state)
	if err != nil || string(again.State["device"]) == string(a.State["device"]) {
		t.Fatalf("%+v, %v", again, err)
	}
	o.state.secret = again.Secret
	for key, value := range again.State {
		o.state.Put(t.Context(), key, value)
	}
	o.connect()
	if err := n.Withdraw(t.Context(), again); err != nil {
		t.Error(err)
	}
	if got := own.devices(); len(got) != 0 {
		t.Errorf("devices %q", got)
	}
}
