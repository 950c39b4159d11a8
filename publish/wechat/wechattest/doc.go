// Package wechattest is a fake of the WeChat Official Account platform (微信公众号) for
// tests, demonstrations and drills: the real thing cannot be asked to lose an answer.
//
// [Server] is an [http.Handler] with state. It holds accounts, tokens, media, drafts,
// publications, mass messages, comments, customer messages and quotas, keeps to the
// platform's documented limits and to its oddities, and misbehaves on request. Point a
// client of any language at it instead of https://api.weixin.qq.com:
//
//	fake := wechattest.New(nil)
//	fake.AddApp(wechattest.App{ID: "wx1", Secret: "s"})
//	token, err := fake.Token("wx1", true)
//	server := httptest.NewServer(fake)
//
// Do something with the client, then ask [Server.Journal] what the server really holds.
// The journal, not the answer, is what a test about outcomes has to assert: an answer may
// be lost, or an error may stand for a success.
//
// # What it serves
//
// Below /cgi-bin/: token, stable_token, clear_quota, clear_quota/v2, openapi/quota/get,
// getcallbackip, get_api_domain_ip; material/add_material, del_material,
// batchget_material, get_materialcount, media/uploadimg, media/upload; draft/add, get,
// update, count, batchget, delete; freepublish/submit, get, batchget, getarticle, delete;
// message/mass/sendall, send, preview, get, delete, speed/get, speed/set; comment/open,
// close, list, markelect, unmarkelect, delete, reply/add, reply/delete;
// message/custom/send, typing; user/info, info/batchget, get. Below /datacube/: the old
// names and the newer getarticleread, getarticleshare, getbizsummary and
// getarticletotaldetail.
//
// Every answer is HTTP 200 with JSON; a refusal has an errcode and an errmsg that ends in
// a rid. The token counts in the query only. Fields that the platform does not know are
// ignored, and \uXXXX is refused with 40033.
//
// A job, that is a publication or a mass message, is accepted first and worked on then.
// It is through after some polls or some platform time, see [Config], or at once when
// [Server.SettlePublication] or [Server.SettleMass] says so. Nothing runs in the
// background: a job whose time has come is ended, as of that time, by the next call.
//
// Not served: menus, QR codes, templates, OAuth, tags, kf accounts, cards, the old news
// material, openapi/rid/get, draft/switch, and what an article may say beyond its texts,
// cover and pictures (crops, products).
//
// Each handler names the page or section that documents it. The platform and its pages were
// out of reach when this was written: what they say comes from notes, of the day that is
// named. What the notes leave open is a choice, noted where it is made, and made so that a
// client which relies on luck fails.
//
// # Pushes
//
// What a citizen does ([Server.Say], [Server.Event]) and what becomes of a job is queued
// as a push for the account's callback address. The server dials nobody by itself:
// [Server.DeliverPushes] posts what is queued, with 5 seconds for an answer and three
// attempts, and [Server.TakePushes] hands out the requests. [Envelope] builds them in
// plain, compatible or safe mode, and forged variants of them, from anything.
//
// # Faults
//
// [Server.Script] makes the server misbehave; [Fault] and the constants of [FaultName] tell
// how. A call and the fault that hits it are one atomic step: when a client sees a dropped
// connection after a commit, the journal holds the draft already. Waiting faults watch the
// request's context, so that they work inside a testing/synctest bubble; there, call
// [Server.ServeHTTP] directly or serve it on an in-memory listener, because a loopback server
// hangs in a bubble.
//
// # Control over HTTP
//
// Everything below /_fake/ (or [Config].ControlPrefix) takes and gives JSON. Durations are
// strings such as "90s", instants are RFC 3339, ids are strings. Errors are {"error": "…"} with
// status 400, 404 or 413. There is no authentication: do not serve it where strangers can
// reach it.
//
//	GET    /_fake/journal   what the server holds, see [Journal]
//	GET    /_fake/faults    the pending faults
//	POST   /_fake/faults    add one fault or an array: {"name":"commit-hang","endpoint":"freepublish/submit",
//	                        "app":"wx1","only":"write","times":1,"skip":0,"delay":"90s","status":502,"code":45009,
//	                        "polls":3,"retry_after":"30s","retry_after_date":true,"skew":"-5m","text":"…","forgery":"plain"}
//	DELETE /_fake/faults    remove all
//	GET    /_fake/time      {"now":"2026-01-01T00:00:00Z"}
//	POST   /_fake/time      {"advance":"90s"} or {"now":"2026-01-01T00:00:00Z"}
//	POST   /_fake/apps      register or change an account, see [App]
//	POST   /_fake/tokens    {"appid":"wx1","stable":true} answers with [Credentials]
//	DELETE /_fake/tokens    {"access_token":"…"} ends it with 40001
//	POST   /_fake/fans      register or change a citizen, see [Fan]
//	POST   /_fake/messages  a citizen writes: {"appid":"wx1","openid":"o1","text":"…"}, or does something:
//	                        "event":"CLICK" and "key" instead of "text"
//	POST   /_fake/comments  a citizen comments: {"msg_data_id":"…","index":0,"openid":"o1","text":"…"}
//	POST   /_fake/items     {"id":"…","action":"settle-publication","status":4}, "settle-mass" with "result";
//	                        also ban-article, delete-article, delete-draft, delete-comment, hide-comment, unhide-comment
//	POST   /_fake/stats     a row of the statistics, see [Stat]
//	GET    /_fake/pushes    what is queued, see [Push]
//	POST   /_fake/pushes    {"action":"deliver"} posts to the callback addresses;
//	                        {"action":"take","target":"http://…"} answers with the requests
package wechattest
