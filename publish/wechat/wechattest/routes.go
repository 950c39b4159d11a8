package wechattest

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

const (
	apiPrefix  = "/cgi-bin/"
	cubePrefix = "/datacube/"
)

// side tells which of the platform's surfaces an endpoint belongs to.
type side string

const (
	sideRead  side = "read"
	sideWrite side = "write"
	sideAuth  side = "auth" // needs no token

)

// endpoint is one wire call.
type endpoint struct {
	name   string // such as freepublish/submit or datacube/getusersummary
	method string
	side   side
	upload bool // a multipart request
	handle func(*call) (any, *refusal)
}

func (e *endpoint) path() string {
	if strings.HasPrefix(e.name, "datacube/") {
		return "/" + e.name
	}
	return apiPrefix + e.name
}

// Endpoints returns the names of the calls that the server knows, in order, as
// Fault.Endpoint, Config.DailyLimits and Journal.Calls have them.
func (s *Server) Endpoints() []string {
	names := make([]string, 0, len(s.endpoints))
	for e := range maps.Values(s.endpoints) {
		names = append(names, e.name)
	}
	slices.Sort(names)
	return names
}

func (s *Server) routes() map[string]*endpoint {
	table := slices.Concat(s.authRoutes(), s.writeRoutes(), s.readRoutes(), s.cubeRoutes())
	routes := make(map[string]*endpoint, len(table))
	for _, e := range table {
		routes[e.path()] = &e
	}
	return routes
}

func (s *Server) authRoutes() []endpoint {
	return []endpoint{
		{name: "token", method: http.MethodGet, side: sideAuth, handle: s.ordinaryToken},
		{name: "stable_token", method: http.MethodPost, side: sideAuth, handle: s.stableToken},
		{name: "clear_quota/v2", method: http.MethodPost, side: sideAuth, handle: s.clearQuotaV2},
	}
}

func (s *Server) writeRoutes() []endpoint {
	table := []endpoint{
		{name: "clear_quota", handle: s.clearQuota},

		{name: "material/add_material", upload: true, handle: s.addMaterial},
		{name: "material/del_material", handle: s.deleteMaterial},
		{name: "media/uploadimg", upload: true, handle: s.uploadImage},
		{name: "media/upload", upload: true, handle: s.uploadMedia},

		{name: "draft/add", handle: s.addDraft},
		{name: "draft/update", handle: s.updateDraft},
		{name: "draft/delete", handle: s.deleteDraft},
		{name: "freepublish/submit", handle: s.submit},
		{name: "freepublish/delete", handle: s.deleteArticle},

		{name: "message/mass/sendall", handle: s.massSendAll},
		{name: "message/mass/send", handle: s.massSend},
		{name: "message/mass/preview", handle: s.massPreview},
		{name: "message/mass/delete", handle: s.massDelete},
		{name: "message/mass/speed/set", handle: s.setMassSpeed},

		{name: "comment/open", handle: s.openComments},
		{name: "comment/close", handle: s.closeComments},
		{name: "comment/markelect", handle: s.electComment},
		{name: "comment/unmarkelect", handle: s.unelectComment},
		{name: "comment/delete", handle: s.deleteComment},
		{name: "comment/reply/add", handle: s.addReply},
		{name: "comment/reply/delete", handle: s.deleteReply},

		{name: "message/custom/send", handle: s.sendCustom},
		{name: "message/custom/typing", handle: s.typing},
	}
	for i := range table {
		table[i].method, table[i].side = http.MethodPost, sideWrite
	}
	return table
}

func (s *Server) readRoutes() []endpoint {
	const get, post = http.MethodGet, http.MethodPost
	table := []endpoint{
		{name: "getcallbackip", method: get, handle: s.addresses},
		{name: "get_api_domain_ip", method: get, handle: s.addresses},
		{name: "openapi/quota/get", method: post, handle: s.getQuota},
		{name: "material/get_materialcount", method: get, handle: s.countMaterial},
		{name: "material/batchget_material", method: post, handle: s.listMaterial},
		{name: "draft/get", method: post, handle: s.getDraft},
		{name: "draft/count", method: get, handle: s.countDrafts},
		{name: "draft/batchget", method: post, handle: s.listDrafts},
		{name: "freepublish/get", method: post, handle: s.getPublication},
		{name: "freepublish/batchget", method: post, handle: s.listArticles},
		{name: "freepublish/getarticle", method: post, handle: s.getArticle},
		{name: "message/mass/get", method: post, handle: s.getMass},
		{name: "message/mass/speed/get", method: post, handle: s.getMassSpeed},
		{name: "comment/list", method: post, handle: s.listComments},
		{name: "user/info", method: get, handle: s.userInfo},
		{name: "user/info/batchget", method: post, handle: s.userInfos},
		{name: "user/get", method: get, handle: s.listUsers},
	}
	for i := range table {
		table[i].side = sideRead
	}
	return table
}

func (s *Server) cubeRoutes() []endpoint {
	var table []endpoint
	for name := range cubeSpans {
		table = append(table, endpoint{name: "datacube/" + name, method: http.MethodPost, side: sideRead, handle: s.cube})
	}
	return table
}
