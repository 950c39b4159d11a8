// Package directory answers the citizen's question "is this account official?" (账号目录): by address, by handle or UID, or
// by name, as a Go call and as a page.
//
// A [Directory] keeps an index of the register in memory. [Directory.Refresh] reads the register and exchanges the index as a
// whole; look-ups never wait for it and never ask a database. [Directory.Find] answers one question: an account that is
// official, one that is suspended, deregistered, expired or taken over (and by whom), one that is not registered, with
// those that resemble it, or an address that names no account. The Directory is an http.Handler, too: a page in Chinese
// without scripts or anything from elsewhere, and JSON for programs.
//
// How the addresses of a platform name an account is data with its source, see [Places]. Hosts are compared exactly: what
// only looks like a platform is not one.
//
// Applications do not build a Directory themselves: package matrix composes it and refreshes it while it runs.
package directory
