// Package reply makes sure that a citizen who speaks to the government is answered.
//
// A [Message] (留言) is what somebody said under one of our accounts. The [Desk] (答复台) stores it unaltered, opens a
// [Case] (诉求) for the unit that is to answer, and sets its deadlines from the moment the citizen spoke. An answer
// is queued once, sent through the same fence as a post, and stands under the question; only then does the clock stop.
//
// Platforms are reached through a [Channel], which an adapter such as publish/weibo implements. Deadlines are computed
// by package reply/sla.
package reply
