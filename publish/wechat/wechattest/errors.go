package wechattest

import "maps"

// refusal is a call's negative answer.
type refusal struct {
	code   int
	status int    // HTTP status, 0 for 200
	extra  object // further fields of the answer
}

func refuse(code int) *refusal { return &refusal{code: code} }

// body is the answer (developers.weixin.qq.com, global return codes, as noted 2026-11-22).
func (r *refusal) body(rid string) object {
	out := object{"errcode": r.code, "errmsg": errorText(r.code) + " rid: " + rid}
	maps.Copy(out, r.extra)
	return out
}

// errorText is roughly the platform's wording. Clients have to go by the code.
func errorText(code int) string {
	if text, ok := errorTexts[code]; ok {
		return text
	}
	return "invalid request"
}

var errorTexts = map[int]string{
	-1:    "system error",
	40001: "invalid credential, access_token is invalid or not latest",
	40002: "invalid grant_type",
	40003: "invalid openid",
	40004: "invalid media type",
	40005: "invalid file type",
	40006: "invalid meida size", // sic
	40007: "invalid media_id",
	40008: "invalid message type",
	40009: "invalid image size",
	40013: "invalid appid",
	40014: "invalid access_token",
	40033: "invalid charset. please check your request, if include \\uxxxx will create fail!",
	40035: "invalid parameter",
	40059: "invalid msg id",
	40060: "invalid article idx",
	40066: "invalid url",
	40114: "invalid index value",
	40125: "invalid appsecret",
	40130: "invalid openid list size, at least two openid",
	40152: "invalid tag_id",
	40215: "invalid parameter",
	40227: "title is empty",
	41001: "access_token missing",
	41002: "appid missing",
	41004: "appsecret missing",
	41005: "media data missing",
	41006: "media_id missing",
	41039: "invalid content_source_url",
	42001: "access_token expired",
	42010: "mass send too fast",
	43001: "require GET method",
	43002: "require POST method",
	43004: "require subscribe",
	44002: "empty post data",
	44003: "empty news data",
	44004: "empty content",
	45001: "media size out of limit",
	45002: "content size out of limit",
	45003: "title size out of limit",
	45004: "description size out of limit",
	45005: "url size out of limit",
	45008: "article size out of limit",
	45009: "reach max api daily quota limit",
	45011: "api minute-quota reach limit, must slower, retry next minute",
	45015: "response out of time limit or subscription is canceled",
	45028: "has no masssend quota",
	45047: "out of response count limit",
	45065: "clientmsgid exist",
	45066: "same clientmsgid retry too fast",
	45067: "clientmsgid size out of limit",
	45072: "invalid command",
	45080: "not a session within thirty seconds",
	45081: "already typing",
	45110: "author size out of limit",
	47001: "data format error",
	48001: "api unauthorized",
	48006: "forbid to clear quota because of reaching the limit",
	53501: "too frequent requests",
	53502: "invalid publish_id",
	53503: "draft failed the publish check",
	53600: "invalid article_id",
	61500: "date format error",
	61501: "date range error",
	61503: "data not ready, please try later",
	76021: "cgi_path not found",
	88000: "without comment privilege",
	88001: "msg_data is not exists",
	88002: "the article is limit for safety",
	88003: "elected comment upper limit",
	88004: "comment was deleted by user",
	88005: "already reply",
	88007: "reply content beyond max len or content len is zero",
	88008: "comment is not exists",
	88010: "count range error. cout <= 0 or count > 50", // sic
}
