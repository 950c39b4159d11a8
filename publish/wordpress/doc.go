// Package wordpress speaks for accounts on a government website that runs on WordPress (政府网站), through its REST
// interface as it comes, without plugins.
//
// One [Client] serves one site and any number of its users. It publishes and looks for what it published
// ([publish.Adapter], [publish.Finder]), follows it through a review ([publish.Tracker]) and takes it down again
// ([publish.Withdrawer]), reads comments and answers them ([reply.Channel], [reply.Finder]), and reads what figures a site
// has ([metrics.Source]) and profiles. It makes every write once, never retries, sleeps, logs or limits, and says of every
// write that failed whether the site may hold it all the same.
//
// # Accounts
//
// An account's UID is the user's login and its credential's Access an application password (应用程序密码) of that user,
// which a person creates on the page Profile and which does not expire. WordPress takes them over TLS only. The user
// must be an editor: authors and below may not read what is held for moderation, nor their own answers among it. A wrong or
// revoked password is no error of its own to WordPress: the call is a stranger's, and refused with 401.
//
// # What is published
//
// A rendition is an article: title, text, link to the original, cover, pictures and films. [Compose] says what readers get.
// Everything is escaped, so that no tag, script, shortcode or block of a text comes alive, whatever the user may write.
//
// The files are uploaded before the post, under names made of their digests, so that the same user uploads none twice; the
// cover becomes the post's featured image (特色图片), which the site's theme shows or does not. How large a file may be is
// for the site's PHP and for the server in front of it to say, see [Config].
//
// # Review, drafts, withdrawal
//
// A post that a plugin holds for review, or that is dated later, has a receipt of ReachSubmitted and is asked about
// ([publish.Tracker]). A draft stays one until a person publishes it. What is withdrawn ([publish.Withdrawer]) lies in the
// site's trash.
//
// # Proof
//
// WordPress knows no idempotency key, and a fresh one keeps no custom field that an application could mark its posts
// with. So every post gets an address of its own making, see [Marker]: a look-up of that address tells whether a post is
// there, also when thousands have followed. See [Client.Find].
//
// The HTTP client's transport must report to net/http/httptrace, as *http.Transport and everything that wraps one
// does: that is how a call that never left is told from one that may have arrived.
package wordpress
