// Package weibo speaks for accounts on Sina Weibo (新浪微博) through its open platform.
//
// One [Client] serves one app and any number of accounts. It publishes, looks for what it published and takes it down
// ([publish.Adapter], [publish.Finder], [publish.Withdrawer]), reads comments and answers them ([reply.Channel], [reply.Finder]), reads
// figures ([metrics.Source]) and profiles, renews credentials ([account.Refresher]) and connects accounts
// ([Client.ConnectHandler]). It makes exactly one call per write, never retries, sleeps, logs or limits, and says of
// every write that failed whether the platform may hold it all the same.
//
// What an ordinary app can do is narrow, and decides how much can be proved:
//
//   - statuses/share is the only way to publish. A post needs a link to one of the app's safe domains (安全域名), takes
//     one picture and no film, and there is no idempotency key.
//   - statuses/user_timeline shows the account's five newest posts or so, to itself only. Absence is therefore proved
//     only while an older post is still in sight; see [Client.Find].
//   - web apps get no refresh token: their accounts are connected again by a person when the token ends.
//
// The HTTP client's transport must report to net/http/httptrace, as *http.Transport and everything that wraps one
// does: that is how a call that never left is told from one that may have arrived.
package weibo
