// Package publishtest checks that a publish.Adapter tells the truth.
//
// An adapter is trusted with one thing above all: to say whether a post is on the platform, is not, or may be. The
// suite therefore plays a platform that drops connections, hangs, answers nonsense and refuses, and after each call
// compares what the adapter said with what the platform really holds.
//
// docs/writing-an-adapter.md leads through all of it, with the cases and the mistakes that they catch.
//
// To check an adapter, write a fake of its platform that can misbehave on request (publish/weibo/weibotest is one) and
// describe both in a [Harness]:
//
//	func TestConformance(t *testing.T) {
//		publishtest.Run(t, func(t *testing.T) *publishtest.Harness {
//			fake := newFake() // a fresh platform for every case
//			return &publishtest.Harness{
//				Handler:    fake,
//				Adapter:    func(c *http.Client) publish.Adapter { return myplatform.New(c) },
//				Account:    account.Account{ID: "a1", App: account.App{Platform: "myplatform", Key: "1"}},
//				Credential: account.Credential{Account: "a1", Access: govmedia.NewSecret(fake.Token())},
//				Rendition:  func(n int) publish.Rendition { return publish.Rendition{Text: fmt.Sprintf("通告第%d号", n)} },
//				Fault:      fake.script, // see Fault for the names
//				Posts:      fake.posts,  // what it holds, whatever it answered
//			}
//		})
//	}
//
// [Run] makes one subtest of every case; [Cases] lists their names and the rule that each enforces. A case runs in a
// testing/synctest bubble, where an hour passes in no time and a goroutine left behind fails the test. The handler is
// served in memory, so nothing needs a network.
//
// [RunLive] runs the same cases against a real server. A relay in front of it plays what networks do: it loses answers,
// hangs and breaks off. Cases that need the server itself to misbehave, or hours to pass, are skipped with the reason.
//
// # What is not an adapter's matter
//
// Platforms do more than this suite plays, because other parts of the SDK answer for it and have tests of their own:
//
//   - when a credential is renewed, by whom, and what follows when the answer is lost, belong to account.Vault, which makes
//     one refresh for all goroutines and processes; what an adapter says of one refresh is judged here;
//   - pushes (webhooks) that are lost, doubled, out of order or forged belong to package reply and to the handler of the
//     platform's room: a push is never believed, it only brings a question forward;
//   - comments that are edited, deleted or hidden belong to reply.Channel;
//   - a process that is killed between two steps belongs to the engine, and a checkpoint to Submission.
package publishtest
