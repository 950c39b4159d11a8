// Package wordpresstest is a fake of a government website that runs on WordPress, for tests, demonstrations and drills:
// the real thing cannot be asked to lose an answer.
//
// [Server] is an [http.Handler] with state. It holds users, application passwords, posts, comments and media, keeps to
// what WordPress 6.1.9 was seen to do, oddities included, and misbehaves on request. Point a client of any language at
// it:
//
//	fake := wordpresstest.New(nil)
//	fake.AddUser(wordpresstest.User{Login: "city", Name: "某市发布", Role: wordpresstest.Editor})
//	password, err := fake.Password("city")
//	server := httptest.NewServer(fake)
//
// Do something with the client, then ask [Server.Journal] what the server really holds. The journal, not the answer, is
// what a test about outcomes has to assert: an answer may be lost, or an error may stand for a success.
//
// # What it serves
//
// Below /wp-json/wp/v2, and likewise as /?rest_route=/wp/v2/…: posts, comments and media (create, list, get, edit,
// delete), users/me. /wp-json/ gives a short index. A citizen comments by POST /wp-comments-post.php, the form of the
// website. Bodies may be JSON, forms or multipart. Authentication is HTTP Basic with an application password.
//
// Not served: pages, terms, settings, revisions, _embed, the HTML of the website. Rendered HTML is simpler than the
// real one, and so is the filter that keeps markup out of the texts of lower roles.
//
// Posts and media share one sequence of ids and comments have another, so a comment and a post may well have one id.
//
// # Faults
//
// [Server.Script] makes the server misbehave; [Fault] and the constants of [FaultName] tell how. A call and the fault
// that hits it are one atomic step: when a client sees a dropped connection after a commit, the journal holds the post
// already. Waiting faults watch the request's context, so that they work inside a testing/synctest bubble; there, call
// [Server.ServeHTTP] directly or serve it on an in-memory listener, because a loopback server hangs in a bubble.
//
// # Control over HTTP
//
// Everything below /_fake/ (see [Config.ControlPrefix]) takes and gives JSON. Durations are strings such as "90s",
// instants are RFC 3339, ids are strings. Errors are {"error": "…"} with status 400, 404 or 413. There is no
// authentication: do not serve it where strangers can reach it.
//
//	GET    /_fake/journal   what the server holds, see [Journal]
//	GET    /_fake/faults    the pending faults
//	POST   /_fake/faults    add one fault or an array: {"name":"commit-hang","endpoint":"posts.create","uid":"city",
//	                        "only":"write","times":1,"skip":0,"delay":"90s","status":502,"code":"rest_x",
//	                        "retry_after":"30s","retry_after_date":true,"skew":"-5m","text":"…"}
//	DELETE /_fake/faults    remove all
//	GET    /_fake/time      {"now":"2026-01-01T00:00:00Z"}
//	POST   /_fake/time      {"advance":"90s"} or {"now":"2026-01-01T00:00:00Z"}
//	POST   /_fake/users     register or change a user, see [User]
//	POST   /_fake/tokens    {"uid":"city"} answers {"uid":"city","password":"…"}
//	DELETE /_fake/tokens    {"uid":"city"} revokes all application passwords of the user
//	POST   /_fake/comments  a citizen's comment: {"post_id":"…","by":"网民甲","text":"…"}, or an answer to a comment
//	                        with "parent_id" instead of "post_id"
//	POST   /_fake/items     {"kind":"comment","id":"…","action":"edit","text":"…"}; kinds are post, comment and media,
//	                        actions edit, delete and but for media trash, approve; for posts close, return (to the
//	                        drafts); for comments hold, spam
package wordpresstest
