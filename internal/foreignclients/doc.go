// Package foreignclients lets software that this project did not write judge the fake platforms: clients from npm in the
// folder clients, clients in Go in the nested module goclients;
// the nested module sharedtoken shows that silenceper's SDK and our adapter share one access token. They talk to examples/fakeplatforms over HTTP, and what
// they did is compared with the journals. A fake that agrees with our own adapters only would share their mistakes.
//
// Versions are exact and locked. Each script says where its client is old or wrong and how it is repointed. The test
// fetches them from the registries of npm and of Go, so it runs only when asked to:
//
//	GOVMEDIA_FOREIGN_CLIENTS=1 go test ./internal/foreignclients
package foreignclients
