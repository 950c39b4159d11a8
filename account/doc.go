// Package account knows who speaks for the government: the units that own accounts, the accounts themselves, and
// the credentials with which they are used.
//
// [Registry] (账号台账) is the register of units and accounts. [Vault] (凭证库) keeps credentials encrypted and hands
// them out opened and fresh, with one refresh per credential however many goroutines and processes ask at once.
//
// [Lifecycle] (账号生命周期) takes an account from the request to the end: applied for, approved by another person, opened,
// changed, suspended, taken over, deregistered. It keeps the history, lists what has to be filed with the supervisor and by
// when, and finds what is wrong with the register. [Operators] (运维人员管理) knows who may run which account until when, and
// whose knowledge of a credential must be ended. What both demand is data with a citation, [LifecycleRules].
// [VerifyArchive] checks the archive of an account anywhere, without a database.
//
// [Roster] (值班表) knows who is accountable for an account at any instant, and warns a day before nobody is; a [Rota] (排班表)
// plans shifts on the clock of a zone.
//
// All work over stores such as [Store] and [VaultStore], which an engine such as matrix/sqlite implements. Applications do not
// build these values themselves: package matrix composes them.
package account
