package weibotest

import "net/http"

// refusal is a call's negative answer.
type refusal struct {
	code        int
	description string // for error_description, OAuth only
	status      int    // HTTP status, 0 for the configured one
	oauth       bool   // carries error_uri and error_description
	detail      string // appended to the code's text
	text        string // instead of the code's text
}

func refuse(code int) *refusal { return &refusal{code: code} }

func refuseWith(code int, detail string) *refusal { return &refusal{code: code, detail: detail} }

func refuseOAuth(code int, description string) *refusal {
	return &refusal{code: code, oauth: true, description: description, status: http.StatusBadRequest}
}

// errorBody is the answer to a refused call (open.weibo.com/wiki/Error_code, read
// 2026-11-22). Real answers carry error_code as a number, the documents as a string.
type errorBody struct {
	Error       string `json:"error"`
	Code        any    `json:"error_code"`
	Request     string `json:"request,omitempty"`
	URI         string `json:"error_uri,omitempty"`
	Description string `json:"error_description,omitempty"`
}

func (r *refusal) body(path string, stringCode bool) errorBody {
	b := errorBody{Error: errorText(r.code) + r.detail, Code: r.code, Request: path}
	if r.text != "" {
		b.Error = r.text
	}
	if stringCode {
		b.Code = formatID(int64(r.code))
	}
	if r.code == 10023 {
		b.Request = "" // seen without it
	}
	if r.oauth {
		b.URI, b.Description = path, r.description
	}
	return b
}

// errorStatus is the HTTP status seen with a code: 403 for permission and limits.
func errorStatus(code int) int {
	switch code {
	case 10004, 10005, 10014, 10022, 10023, 10024, 20015, 20016, 20022, 20112, 21321, 21335:
		return http.StatusForbidden
	case 10018:
		return http.StatusRequestEntityTooLarge
	case 10020:
		return http.StatusNotFound
	case 10021:
		return http.StatusMethodNotAllowed
	default:
		return http.StatusBadRequest
	}
}

// errorText is roughly the platform's wording, of which few samples are at hand. Clients
// have to go by the code.
func errorText(code int) string {
	switch {
	case code < 20000:
		return systemErrorText(code)
	case code < 21300:
		return serviceErrorText(code)
	default:
		return authErrorText(code)
	}
}

func systemErrorText(code int) string {
	switch code {
	case 10001:
		return "System error"
	case 10002:
		return "Service unavailable"
	case 10006:
		return "Source parameter (appkey) is missing"
	case 10008:
		return "Param error, see doc for more info"
	case 10012:
		return "Illegal request"
	case 10014:
		return "Insufficient app permissions!"
	case 10016:
		return "Miss required parameter, see doc for more info: "
	case 10017:
		return "Parameter's value invalid"
	case 10018:
		return "Request body length over limit"
	case 10020:
		return "Request api not found"
	case 10021:
		return "HTTP method is not supported for this request"
	case 10022:
		return "IP requests out of rate limit"
	case 10023:
		return "User requests out of rate limit"
	case 10024:
		return "User requests for this api out of rate limit"
	default:
		return "System error"
	}
}

func serviceErrorText(code int) string {
	switch code {
	case 20001:
		return "Ids is null"
	case 20002:
		return "Uid parameter is null"
	case 20003:
		return "User does not exist"
	case 20005:
		return "Unsupported image type, only support JPG, GIF, PNG"
	case 20006:
		return "Image size too large"
	case 20007:
		return "Does multipart has image"
	case 20008:
		return "Content is null"
	case 20009:
		return "Too many ids"
	case 20012:
		return "Text too long, please input text less than 140 characters"
	case 20016:
		return "Out of limit"
	case 20019:
		return "Repeat content"
	case 20031:
		return "Test and verify"
	case 20032:
		return "Update success, while server slow now, please wait 1-2 minutes"
	case 20101:
		return "Target weibo does not exist"
	case 20102:
		return "Not your own weibo"
	case 20109:
		return "Weibo id is null"
	case 20112:
		return "Permission denied"
	case 20201:
		return "Weibo comment does not exist"
	case 20203:
		return "Not your own comment"
	case 20206:
		return "Author only allow follower comment"
	default:
		return "Service error"
	}
}

func authErrorText(code int) string {
	switch code {
	case 21316:
		return "Token revoked"
	case 21317:
		return "Token rejected"
	case 21321:
		return "Applications over the unaudited use restrictions"
	case 21322:
		return "redirect_uri_mismatch"
	case 21323:
		return "invalid_request"
	case 21324:
		return "invalid_client"
	case 21325:
		return "invalid_grant"
	case 21326:
		return "unauthorized_client"
	case 21327:
		return "expired_token"
	case 21328:
		return "unsupported_grant_type"
	case 21329:
		return "unsupported_response_type"
	case 21330:
		return "access_denied"
	case 21332:
		return "invalid_access_token"
	case 21335:
		return "Request uid's value must be the current user"
	default:
		return "Auth failed"
	}
}
