package msn

import (
	"strings"
	"testing"

	"msnbridge/bridge"
	"msnbridge/msn/wire"
)

func TestFormatOf(t *testing.T) {
	for in, want := range map[string]bridge.Format{
		"":                                 {},
		"FN=Arial; EF=; CO=0; CS=0; PF=22": {},
		"FN=MS%20Shell; EF=BI; CO=ff; CS=0; PF=22": {Bold: true, Italic: true, Color: bridge.RGB(0xff0000)},
		"FN=Arial;EF=us;CO=ff0000;CS=1;PF=0":       {Underline: true, Strike: true, Color: bridge.RGB(0x0000ff)},
		"CO=8000":                                  {Color: bridge.RGB(0x008000)},
		"co=fff; ef = b":                           {Bold: true, Color: bridge.RGB(0xff0f00)},
		"CO=00FF00":                                {Color: bridge.RGB(0x00ff00)},
		"CO=000000":                                {},
		"CO=0000000f; EF=XYZ":                      {},
		"CO=red; EF=":                              {},
		"CO=-1":                                    {},
		"CO; EF; FN=;;; =":                         {},
		"FN=x%3BCO%3Dff; EF=B":                     {Bold: true},
		"FN=Arial; EF=B; CO=ff; CS=0; PF=22; RL=1; nonsense=x": {Bold: true, Color: bridge.RGB(0xff0000)},
	} {
		m := wire.Message{Header: []wire.Field{{Name: "X-MMS-IM-Format", Value: in}}}
		if got := formatOf(&m); got != want {
			t.Errorf("%q: %v, want %v", in, got, want)
		}
	}
}

func TestHeaderOf(t *testing.T) {
	for want, f := range map[string]bridge.Format{
		"FN=Arial; EF=; CO=0; CS=0; PF=22":       {},
		"FN=Arial; EF=BIUS; CO=ff; CS=0; PF=22":  {Bold: true, Italic: true, Underline: true, Strike: true, Color: bridge.RGB(0xff0000)},
		"FN=Arial; EF=B; CO=0; CS=0; PF=22":      {Bold: true, Color: bridge.RGB(0)},
		"FN=Arial; EF=; CO=ff0000; CS=0; PF=22":  {Color: bridge.RGB(0x0000ff)},
		"FN=Arial; EF=; CO=8000; CS=0; PF=22":    {Color: bridge.RGB(0x008000)},
		"FN=Arial; EF=I; CO=0f; CS=0; PF=22":     {Italic: true, Color: bridge.RGB(0x0f0000)},
		"FN=Arial; EF=S; CO=0fff0f; CS=0; PF=22": {Strike: true, Color: bridge.RGB(0x0fff0f)},
	} {
		header := headerOf(f)
		m, err := wire.ParseMessage([]byte(header))
		if got := m.Get("X-MMS-IM-Format"); err != nil || got != want {
			t.Errorf("%v: %q, %v", f, got, err)
		}
		if !strings.HasPrefix(header, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n") {
			t.Errorf("%q", header)
		}
	}
}

// Whatever a client says of its text, what is made of it comes back the same.
func FuzzFormat(f *testing.F) {
	f.Add("FN=Arial; EF=BI; CO=ff; CS=0; PF=22")
	f.Add("CO=fffffff;EF==;;CO=1")
	f.Fuzz(func(t *testing.T, s string) {
		m := wire.Message{Header: []wire.Field{{Name: "X-MMS-IM-Format", Value: s}}}
		look := formatOf(&m)
		header := headerOf(look)
		again, err := wire.ParseMessage([]byte(header))
		if err != nil || len(again.Body) > 0 || len(header) > len(textHeader)+10 {
			t.Fatalf("%q, %v", header, err)
		}
		if got := formatOf(&again); got != look {
			t.Fatalf("%v became %v", look, got)
		}
	})
}
