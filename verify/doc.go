// Package verify checks who an account claims to be: the codes that identify its owner, the name it shows, what a platform
// says about it; and what it says: the length and the words of its texts, its reposts and its answers. A check never corrects anything. It returns an error about a code, or findings (问题) that an official can act on.
//
// # Codes
//
// [USCC] (统一社会信用代码), [OrgCode] (组织机构代码), [ResidentID] (公民身份号码), [Region] (行政区划代码) and [SiteCode]
// (政府网站标识码) each take one code and return nil or a KindInvalid error which names the position that is wrong and,
// for a check character, the one expected. [Identify] says which kinds of code a string can be: a unit's code and a
// person's number both have 18 characters. No error quotes more than one character of what it was given, except a
// masked resident ID, because whatever is given may be somebody's number.
//
// That a code is well formed does not mean that it was issued, nor to whom.
//
// # Names
//
// [Names] applies the naming rules to an account and its owner: length, characters, reserved and news words, the region it
// names, contacts, and whether the platform's verification text names the owner. Regions are those of regions.txt, which
// internal/regiongen writes from published codes; a region's short name that is an everyday word counts in full only. The rules are data (names.json): each has an id, a
// citation, a date and a confidence, and the whole has a version that every finding repeats. The zero Names uses the
// built-in rules; take [BuiltIn], change it and set Names.Rules to use others.
//
// # Look-alikes
//
// Radar finds whom a name may be mistaken for among up to some hundred thousand registered ones, and says by which trick:
// another script, a similar shape or sound, a traditional form, digits, width, spaces, an added word, another order. It
// looks names up by keys and compares only what it finds there. Two registered names are never each other's look-alikes.
//
// # Texts
//
// [TextLimit] is how long a text may be on a platform, in that platform's own counting. [Text] is the gate of outgoing
// texts. It finds wrong words, regions listed among states, leaders with another's post, and reminders that depend on the
// context: these are data (lexicon.json), beside which an integrator puts lexicons of their own, see [ReadLexicon] and
// [NewText]. It finds numbers of documents without 〔〕 and dates that do not exist, and personal data that is not masked:
// [Personal] does that alone, and its Mask writes the masks in which such data is published. The room attach does all this
// inside xlsx and docx.
//
// # Profiles and sites
//
// [Certification] checks what a platform says about who an account is, [Drift] what has changed on it without a filing. Both
// take an [account.Profile], in which what is not known is neither false nor changed. [SiteProof] checks whether a government
// site names an account as its own; package verify/siteproof reads the site.
//
// # Reposts, answers, activity
//
// [Repost] checks a repost against lists of permitted sources, none of which is built in. [Tone] advises on an answer to a
// citizen. [Takeover] looks for signs that somebody else speaks with an account. Each has its rules as data, and a Read function
// for an integrator's own.
//
// Everything here is pure and safe for concurrent use.
package verify
