// Package account knows who speaks for the government: the units that own accounts, the accounts themselves, and
// the credentials with which they are used.
//
// [Registry] (账号台账) is the register of units and accounts. [Vault] (凭证库) keeps credentials encrypted and hands
// them out opened and fresh, with one refresh per credential however many goroutines and processes ask at once.
//
// [Roster] (值班表) knows who is accountable for an account at any instant, and warns a day before nobody is; a [Rota] (排班表)
// plans shifts on the clock of a zone.
//
// They work over a [Store], a [VaultStore] and a [RosterStore], which an engine such as matrix/sqlite implements. Applications do not
// build these values themselves: package matrix composes them.
package account
