// Package weibotest is a fake of Sina Weibo's open platform (新浪微博开放平台) for tests,
// demonstrations and drills: the real thing cannot be asked to lose an answer.
//
// [Server] is an [http.Handler] with state. It holds applications, users, tokens, posts,
// comments and quotas, keeps to the platform's documented limits and to its oddities, and
// misbehaves on request. Point a client of any language at it instead of
// https://api.weibo.com:
//
//	fake := weibotest.New(nil)
//	fake.AddApp(weibotest.App{Key: "1001", Secret: "s", SafeDomains: []string{"gov.example"}})
//	fake.AddUser(weibotest.User{UID: "7001", ScreenName: "某市发布", Verified: true, VerifiedType: 1})
//	token, err := fake.Token("1001", "7001")
//	server := httptest.NewServer(fake)
//
// Do something with the client, then ask [Server.Journal] what the server really holds.
// The journal, not the answer, is what a test about outcomes has to assert: an answer may
// be lost, or an error may stand for a success.
//
// # What it serves
//
// OAuth 2.0: oauth2/authorize, access_token, get_token_info, revokeoauth2.
//
// Writes: statuses/share, destroy; comments/create, reply, destroy, destroy_batch. The writes
// closed to ordinary applications (statuses/update, upload, upload_url_text, upload_pic,
// repost) answer 10014.
//
// Reads: statuses/user_timeline, mentions, show, count, queryid, querymid; comments/show,
// to_me, by_me, timeline, mentions, show_batch; users/show, counts; account/get_uid,
// rate_limit_status.
//
// Not served: the commercial API, the fans service (粉丝服务平台) and the groups, tags,
// friendships and messages of the general API.
//
// Each handler names the page that documents it and when it was read. The platform itself
// was out of reach when this was written, so what the pages leave open is a choice, noted
// where it is made, and made so that a client which relies on luck fails.
//
// # Faults
//
// [Server.Script] makes the server misbehave; [Fault] and the constants of [FaultName] tell
// how. A call and the fault that hits it are one atomic step: when a client sees a dropped
// connection after a commit, the journal holds the post already. Waiting faults watch the
// request's context, so that they work inside a testing/synctest bubble; there, call
// [Server.ServeHTTP] directly or serve it on an in-memory listener, because a loopback server
// hangs in a bubble.
//
// # Control over HTTP
//
// Everything below /_fake/ takes and gives JSON. Durations are strings such as "90s", instants
// are RFC 3339, ids are strings. Errors are {"error": "…"} with status 400, 404 or 413. There is no
// authentication: do not serve it where strangers can reach it.
//
//	GET    /_fake/journal   what the server holds, see [Journal]
//	GET    /_fake/faults    the pending faults
//	POST   /_fake/faults    add one fault or an array: {"name":"commit-hang","endpoint":"statuses/share",
//	                        "uid":"7001","only":"write","times":1,"skip":0,"delay":"90s","status":502,
//	                        "code":20019,"retry_after":"30s","retry_after_date":true,"skew":"-5m","text":"…"}
//	DELETE /_fake/faults    remove all
//	GET    /_fake/time      {"now":"2026-01-01T00:00:00Z"}
//	POST   /_fake/time      {"advance":"90s"} or {"now":"2026-01-01T00:00:00Z"}
//	POST   /_fake/apps      register or change an application, see [App]
//	POST   /_fake/users     register or change a user, see [User]; renames, unverifies and bans, too
//	POST   /_fake/tokens    {"app":"1001","uid":"7001"} answers with [Credentials]
//	DELETE /_fake/tokens    {"access_token":"2.00…"} revokes
//	POST   /_fake/comments  a citizen's comment: {"post_id":"…","by":"网民甲","text":"…"}, or an answer to
//	                        a comment with "parent_id" instead of "post_id"
//	POST   /_fake/items     {"id":"…","action":"edit","text":"…"}; also delete, hide, unhide
package weibotest
