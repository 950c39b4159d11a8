// Package govmedia is the vocabulary shared by every floor of the SDK with which a government runs its official
// accounts (政务新媒体: Weibo, WeChat, Douyin, websites, apps) as one matrix.
//
// It holds what every other package needs to talk about: what went wrong and what to do next ([Error], [Kind],
// [Outcome], [Remedy]), the proof that something is public ([Receipt]), what a check found ([Finding]), the
// tamper-evident record of who did what ([AuditRecord], [VerifyAudit]), a value that never prints itself ([Secret])
// and the one hook for measurements ([Observer]). It performs no input or output and starts nothing.
//
// # The map
//
// Arrows point down only; a package imports lower floors, never a sibling and never upward.
//
//	5  matrix            composes everything below and runs it; clusters of accounts (矩阵)
//	   matrix/sqlite     opens the engine on one SQLite file or in memory
//	   matrix/postgres   opens the engine on PostgreSQL
//	4  publish           Post, Rendition, three-step review, Publisher, Adapter
//	   publish/weibo     the Weibo adapter; publish/weibo/weibotest is its fake platform
//	   publish/wechat    WeChat official accounts; publish/wordpress  government websites; each with its fake
//	   publish/publishtest  conformance suite for adapters
//	3  reply             Message, Desk, Case          metrics  snapshots, freshness
//	2  verify            checks of names, codes and texts that return findings
//	1  account           Unit, Account, Registry, Vault
//	   account/register  the register as a CSV file
//	0  govmedia          this package
//	   reply/sla         working calendar and deadlines
//
// A newcomer starts with package matrix, whose example publishes a notice to a fake platform in twenty lines, and
// with examples/portal, which plays a whole day.
//
// # The one rule
//
// A write to a platform whose outcome is not known is never called failed and never sent again in hope. Nothing
// leaves the process before a durable row says who is about to send what; afterwards only proof of absence, obtained
// by reading the platform, or the platform's own idempotency key allows another attempt. Where neither helps, a person
// decides.
package govmedia
