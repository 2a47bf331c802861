package matrix

import "context"

// shownAtOnce is how many presences of ghosts are put at a time: when the service ends, or a homeserver
// comes back, all of them want to be. Messages do not wait for that.
const shownAtOnce = 16

// beforeShown waits until one more presence may be put. leave lets in the next. Nil is no ghost's.
func (g *ghosts) beforeShown(ctx context.Context) (leave func(), err error) {
	if g == nil {
		return func() {}, nil
	}
	select {
	case g.shown <- struct{}{}:
		return func() { <-g.shown }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
