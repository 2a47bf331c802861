package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/term"

	"msnbridge/bridge"
	"msnbridge/cmd/msnbridge/internal/chat"
	"msnbridge/cmd/msnbridge/internal/config"
	"msnbridge/msn/client"
)

// passwordVariable may hold the password of "chat".
const passwordVariable = "MSNBRIDGE_PASSWORD"

type chatCommand struct {
	Handle  string `arg:"" optional:"" help:"Who you are. Without it: me at the first domain of the configuration."`
	Server  string `help:"Where to sign in. Without it: where the configuration has MSN clients served." placeholder:"HOST:PORT"`
	Dialect string `help:"Speak only this one: MSNP2 to MSNP12. Without it: the newest that the server has of MSNP2 to MSNP7, with --passport to MSNP12." placeholder:"MSNPn"`
	chatPassport
	PasswordStdin bool `help:"Read the password from the first line of standard input; the lines behind it are commands and text."`
	Trace         bool `help:"Show what goes over the wire, without payloads and passwords."`
}

// Help says more than the flags do.
func (*chatCommand) Help() string {
	return `The password is asked for in a terminal; otherwise it comes from the environment variable ` + passwordVariable + `
or, with --password-stdin, from the first line of standard input. What you type is sent to the open
conversation; lines that begin with / are commands, and /help lists them. In a script:

    printf '%s\n' "$PASSWORD" '/chat bob@msn.local' 'Hello, Bob' | msnbridge chat --password-stdin anna@msn.local

MSNP8 to MSNP12 (MSN 5.0 to 7.5) show the password to a Passport service, which gives a ticket. As those
clients would, over the gateway's nexus and the names that they have built in:

    msnbridge chat --server msn.example --dialect MSNP11 --passport https://nexus.passport.com \
        --hosts nexus.passport.com=msn.example --passport-ca msnbridge-ca.crt anna@msn.example

MSN 7.5 asks https://login.live.com/RST.srf instead. A gateway without TLS is asked at
http://msn.example/login2.srf or http://msn.example/RST.srf.`
}

func (c *chatCommand) Run(g *globals) error {
	o, err := c.options(g)
	if err != nil {
		return err
	}
	in := bufio.NewReader(os.Stdin)
	password, err := c.password(in)
	if err != nil {
		return err
	}
	o.Password = password.Reveal()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stdout.Fd())) {
		return chatInTerminal(ctx, o, c.Trace)
	}
	return converse(ctx, o, c.Trace, os.Stdout, func() (string, error) { return in.ReadString('\n') })
}

// options says whom to sign in where.
func (c *chatCommand) options(g *globals) (client.Options, error) {
	o := client.Options{Handle: c.Handle, Server: c.Server}
	if d := strings.ToUpper(c.Dialect); d != "" {
		if !slices.Contains(slices.Concat(client.Dialects, client.PassportDialects), d) {
			return o, &usageError{fmt.Sprintf("--dialect: %q is none of MSNP2 to MSNP12", c.Dialect)}
		}
		o.Dialects = []string{d}
	}
	if err := c.chatPassport.set(&o); err != nil {
		return o, err
	}
	if o.Handle != "" && o.Server != "" {
		return o, c.complete(o)
	}
	conf, err := config.Load(g.Config)
	if err != nil {
		return o, err
	}
	if o.Server == "" && needsPassport(o) {
		if err := passportOf(conf, &o); err != nil {
			return o, err
		}
	}
	o.Handle = cmp.Or(o.Handle, firstName+"@"+conf.MSN.Domains[0])
	o.Server = cmp.Or(o.Server, dialAddress(conf.MSN.Listen))
	return o, c.complete(o)
}

// dialAddress is where to reach a listener on this machine.
func dialAddress(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		return net.JoinHostPort("localhost", port)
	}
	return listen
}

// password finds the password in one of the three places.
func (c *chatCommand) password(in *bufio.Reader) (bridge.Secret, error) {
	if c.PasswordStdin {
		return firstLine(in)
	}
	if p := os.Getenv(passwordVariable); p != "" {
		return bridge.Secret(p), nil
	}
	if term.IsTerminal(int(os.Stdin.Fd())) {
		return prompt(os.Stdin)
	}
	return "", &usageError{"a password is needed: set " + passwordVariable + ", or write it to standard input and add --password-stdin"}
}

// chatInTerminal keeps the line that is being typed apart from what happens
// meanwhile.
func chatInTerminal(ctx context.Context, o client.Options, trace bool) error {
	fd := int(os.Stdin.Fd())
	before, err := term.MakeRaw(fd)
	if err != nil {
		return fmt.Errorf("terminal: %w", err)
	}
	defer term.Restore(fd, before)
	t := term.NewTerminal(readWriter{os.Stdin, os.Stdout}, "> ")
	return converse(ctx, o, trace, t, func() (string, error) {
		if w, h, err := term.GetSize(fd); err == nil && w > 0 && h > 0 {
			t.SetSize(w, h)
		}
		return t.ReadLine()
	})
}

// converse signs in, and carries out what read brings until it fails. Reading
// from standard input cannot be ended from outside: that goroutine alone is left
// to the end of the process.
func converse(ctx context.Context, o client.Options, trace bool, out io.Writer, read func() (string, error)) error {
	c, err := chat.SignIn(ctx, o, trace, out)
	if client.Code(err) == 911 {
		return fmt.Errorf("%w: wrong handle or password", err)
	}
	if err != nil {
		return err
	}
	lines := make(chan string)
	over, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		defer close(lines)
		for {
			line, err := read()
			if line != "" {
				select {
				case lines <- line:
				case <-over.Done():
					return
				}
			}
			if err != nil {
				return
			}
		}
	}()
	return c.Run(ctx, lines)
}
