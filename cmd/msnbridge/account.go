package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"

	"msnbridge/bridge"
)

type accountAdd struct {
	Handle        string `arg:"" help:"The account's handle, at one of the service's domains: anna@msn.local."`
	Name          string `help:"What others see; without it, what stands before the @." placeholder:"NAME"`
	PasswordStdin bool   `help:"Read the password from the first line of standard input."`
}

func (c *accountAdd) Run(g *globals) error {
	password, err := needPassword(c.PasswordStdin)
	if err != nil {
		return err
	}
	return g.act(func(ctx context.Context, h *house) error {
		if err := h.AddAccounts(ctx, bridge.NewAccount{Handle: c.Handle, Name: c.Name, Password: password}); err != nil {
			return err
		}
		return h.done("account %s added", c.Handle)
	})
}

type accountList struct{}

func (c *accountList) Run(g *globals) error {
	return g.act(func(ctx context.Context, h *house) error {
		as, err := h.Accounts(ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		for _, a := range as {
			fmt.Fprintf(w, "%s\t%s\n", a.Handle, printable(a.Name))
		}
		return w.Flush()
	})
}

type accountPasswd struct {
	Handle        string `arg:"" help:"The account's handle."`
	PasswordStdin bool   `help:"Read the new password from the first line of standard input."`
}

func (c *accountPasswd) Run(g *globals) error {
	password, err := needPassword(c.PasswordStdin)
	if err != nil {
		return err
	}
	return g.act(func(ctx context.Context, h *house) error {
		if err := h.SetPassword(ctx, c.Handle, password); err != nil {
			return ofAccount(c.Handle, err)
		}
		return h.done("password of %s changed", c.Handle)
	})
}

type accountRemove struct {
	Handle string `arg:"" help:"The account's handle."`
}

func (c *accountRemove) Run(g *globals) error {
	return g.act(func(ctx context.Context, h *house) error {
		if err := warned(h.RemoveAccount(ctx, c.Handle)); err != nil {
			return ofAccount(c.Handle, err)
		}
		return h.done("account %s removed", c.Handle)
	})
}

// ofAccount names the account that is not there.
func ofAccount(handle string, err error) error {
	if errors.Is(err, bridge.ErrNotFound) {
		return fmt.Errorf("there is no account %s; see msnbridge account list", handle)
	}
	return err
}
