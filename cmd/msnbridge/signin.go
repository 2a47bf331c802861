package main

// welcomeMatrix says whose people can sign in with a Matrix ID.
func (d *daemon) welcomeMatrix() {
	m := d.config.Matrix
	switch {
	case m == nil || len(m.SignIn) == 0:
	case d.door == nil:
		d.log.Warn("nobody can sign in with a Matrix ID: that needs a listener of [passport]", "sign_in", m.SignIn)
	default:
		d.log.Info("people of these servers can sign in with their Matrix ID", "sign_in", m.SignIn)
	}
}
