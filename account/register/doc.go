// Package register moves the register of accounts (账号台账) in and out of the files that officials edit in Excel: CSV, and
// workbooks (xlsx).
//
// The first row holds the names of the columns, in any order; each further row is one account together with its unit.
// A unit with several accounts is repeated on each row, and must be repeated alike. A row whose account columns are
// all empty is a unit without accounts, such as a supervisor. Columns marked * must be there. One
// of the others that is missing leaves its field unsaid ([account.Register]), and what is stored of it stays; an empty
// cell empties the field.
//
//	单位编号*        Unit.ID, never empty
//	单位名称*        Unit.Name, never empty
//	统一社会信用代码   Unit.Code
//	行政区划代码      Unit.Region
//	层级*           Unit.Level: 国家 省 市 县 乡
//	系统            Unit.System, such as 公安
//	主管单位编号      Unit.Supervisor
//	单位来源         Unit.Source
//	账号编号*        Account.ID, unique
//	平台*           Account.App.Platform, by id: weibo wechat channels douyin kuaishou toutiao bilibili xiaohongshu
//	                zhihu alipay website wordpress app, and those of ReadOptions.Platforms; or by its Chinese name,
//	                such as 微博 or 微信公众号, which is written as the id
//	应用            Account.App.Key; empty while the account is not connected
//	平台账号ID       Account.UID
//	账号名称*        Account.Name, never empty
//	链接            Account.URL
//	账号类别*        Account.Kind: 单位账号 公职人员账号 专项账号 移动客户端 小程序
//	平台角色*        Account.Role: 发布 服务
//	状态*           Account.State: 正常 关停 注销
//	认证说明         Account.Verification
//	矩阵            Account.Clusters, separated by ；
//	来源            Account.Source
//	到期日          Account.Expires of an event's account: the last day on which it publishes, such as 2026-12-31, which
//	                ends at 24:00 in Beijing; or the instant at which it ends, 2026-12-31 18:00 or 2026-12-31 18:00:00
//	联合主办单位编号   Account.Joint, separated by ；
//	承接账号编号      Account.Redirect
//
// The last three belong to the life of an account: saving may set them and never takes them away.
//
// Blanks around a value, full-width ones too, are no part of it.
//
// CSV is UTF-8, with or without a byte order mark, or GBK. [Write] and [WriteWorkbook] put an apostrophe before a field
// that a spreadsheet would run as a formula (it begins with = + - @, tab or carriage return) and before one that begins
// with an apostrophe and one of these; [Read] takes it away again, so that what was written is what is read. A code that
// a spreadsheet has taken for a number and shortened (1.1331E+17) is a fault, never a code. Days may be written 2026-12-31, 2026/12/31 or 2026年12月31日; in a workbook they may be dates of
// the spreadsheet.
//
// Read checks the form of the file, not whether names and codes are right: that is package verify.
//
// There is no state; functions are safe for concurrent use.
package register
