// Package testserver runs real chat servers and databases for Go tests: ngIRCd, InspIRCd with
// Atheme's services, Dendrite and PostgreSQL; and real clients, WeeChat and Chromium.
//
// A launcher takes the test, starts a server on loopback ports in a folder of its own, waits until
// it serves and stops it when the test ends. What the server printed is logged if the test failed.
// Where a program is missing the test is skipped, or fails if the environment says E2E=require;
// with -short no server is started at all.
//
// Starting a server costs up to two seconds, so the tests of a package can share one:
//
//	var (
//		servers    testserver.Package
//		homeserver = testserver.Share(&servers, func(t testing.TB) *testserver.DendriteServer {
//			return testserver.Dendrite(t, testserver.DendriteOptions{})
//		})
//	)
//
//	func TestMain(m *testing.M) { os.Exit(servers.Main(m)) }
//
//	func TestHello(t *testing.T) {
//		hs := homeserver(t)
//		id, token := hs.CreateUser(t, "hello-alice", "a good password")
//		...
//	}
//
// The package knows how to start and stop servers, not how to speak to them: tests bring their own
// clients. Nothing here is for production.
package testserver
