// Package wechat speaks for WeChat Official Accounts (微信公众号).
//
// One [Client] serves one official account: the appid is both the app's key and the account. It publishes in several
// steps, looks for what it published and takes it down ([publish.Adapter], [publish.Finder], [publish.Tracker],
// [publish.Withdrawer]), reads comments and answers them ([reply.Channel], [reply.Finder]), reads figures
// ([metrics.Source]), fetches tokens ([account.Refresher], [Client.Connect]) and receives the platform's pushes
// ([Client.CallbackHandler]). It makes each call once, never retries, sleeps, logs or limits, and says of every write that
// failed whether the platform may hold it all the same.
//
// A post is a chain of calls: the cover is uploaded (add_material), then each of its pictures (uploadimg), the draft is
// stored (draft/add), a checkpoint is made after each of these, and only then the draft is handed over for publication
// (freepublish/submit) or to every follower (message/mass/sendall). What can be proved rests on that order:
//
//   - A failure before the hand-over published nothing, whatever became of the call: its outcome is NotApplied. It may
//     leave a picture or a draft behind that no reader sees. Only when a draft is all that was wanted, draft/add itself
//     is the write.
//   - A failure of the hand-over itself without an answer, or with one that says "system busy", is Unknown. A draft
//     leaves the box when it is handed over, so a draft that is still there, after the platform has had
//     Config.VisibleWithin to finish, proves absence; a draft that has vanished is never handed over again, except in a
//     mass message, which the platform itself knows by its clientmsgid for a day.
//   - errcode 0 means accepted, not published. [Client.Track] learns the rest.
//
// The HTTP client's transport must report to net/http/httptrace, as *http.Transport and everything that wraps one does:
// that is how a call that never left is told from one that may have arrived.
package wechat
