// Package publish turns one post into one write per account, each sent at most once.
//
// A [Post] (稿件) is drafted, submitted by its author, reviewed by a second person and approved by a third (三审三校).
// The approval seals what will be sent: its text, its targets and its [Rendition] for each platform. Afterwards
// [Publisher.Publish] queues one delivery per account; the engine sends them through the [Adapter] of their app and
// keeps one outcome for each. Calling Publish again queues nothing twice.
//
// Nobody signs twice, not even as somebody's deputy ([Signature], 代审); what the proof-reader finds refuses a step unless it
// is let pass with a reason ([FindingsError]). A post of the emergency lane may go out on one approval, and its review is
// made up afterwards ([Publisher.ApproveEmergency], [Publisher.ReviewAfter]); [Publisher.Overdue] says what is late. What was
// sealed is kept for good ([Publisher.Sealed]) and is verified without a database ([VerifySeal]).
//
// Posts speak of each other by [Link]: [Publisher.Correct] finds everybody who relayed, [Publisher.Chain] what followed.
// [Column] and [BestTime] only look back.
//
// An Adapter is small and dumb: it makes one call and says what happened. It never retries, sleeps, logs or limits.
// What it cannot tell it reports as unknown, and the engine finds out by asking its [Finder]. The suite in
// publish/publishtest checks an adapter against these rules.
package publish
