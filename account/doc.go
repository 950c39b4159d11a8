// Package account knows who speaks for the government: the units that own accounts, the accounts themselves, and
// the credentials with which they are used.
//
// [Registry] (账号台账) is the register of units and accounts. [Vault] (凭证库) keeps credentials encrypted and hands
// them out opened and fresh, with one refresh per credential however many goroutines and processes ask at once.
//
// Both work over a [Store] and a [VaultStore], which an engine such as matrix/sqlite implements. Applications do not
// build these values themselves: package matrix composes them.
package account
