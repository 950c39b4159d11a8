// Package siteproof reads from a government website which accounts it names as its own (网站证明), and hands that to
// [verify.SiteProof], which judges it. It is a room of its own because it speaks to the network, which package verify never
// does.
//
// A site names an account in one of four ways:
//
//	<link rel="me" href="https://weibo.com/u/9000000001">       in the page's head
//	<meta name="govmedia-account" content="weibo/9000000001">   in the page's head
//	<a rel="me" href="https://weibo.com/u/9000000001">          anywhere
//	_govmedia.www.shili.example TXT "govmedia-account=weibo/9000000001"
//
// [Reader.Page] reads the first three, [Reader.TXT] the last.
//
// The address of a site comes from a register or from a form, and so whoever fills that in would otherwise decide what the
// server asks inside its own network. A Reader therefore asks public addresses only, by http and https and on the ports 80
// and 443. A name is resolved once, all its addresses are judged, and that which was judged is connected to, where it is
// judged once more; so a name that changes its address in between gains nothing. Redirects are few and stay on the site.
// There are no cookies and no proxy, and time and size are bounded.
package siteproof
