package wordpresstest

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// filter is what posts, comments and files have in common as parameters of a list.
type filter struct {
	page, perPage           int
	offset                  int
	order, orderby          string
	after, before           time.Time
	modAfter, modBefore     time.Time
	include, exclude        []int64
	author, parent, parents []int64
	search                  string
}

// filter reads and judges the parameters of a list, in the order in which the site would complain.
func (s *Server) filter(c *call, orders []string) (*filter, *refusal) {
	f := &filter{page: 1, perPage: 10, order: "desc", orderby: orders[0], search: strings.ToLower(c.params.str("search"))}
	number := func(name string, to *int, least, most int) *refusal {
		if !c.params.has(name) {
			return nil
		}
		n, err := strconv.Atoi(c.params.str(name))
		switch {
		case err != nil:
			return invalidParam(name, name+" is not of type integer.", "rest_invalid_type")
		case most > 0 && (n < least || n > most):
			return invalidParam(name, fmt.Sprintf("%s must be between %d (inclusive) and %d (inclusive)", name, least, most), "rest_out_of_bounds")
		case n < least:
			return invalidParam(name, fmt.Sprintf("%s must be greater than or equal to %d", name, least), "rest_out_of_bounds")
		}
		*to = n
		return nil
	}
	choice := func(name string, to *string, allowed []string) *refusal {
		if v := c.params.str(name); v != "" {
			if !slices.Contains(allowed, v) {
				return notInEnum(name, v, allowed)
			}
			*to = v
		}
		return nil
	}
	instant := func(name string, to *time.Time) (ref *refusal) {
		*to, _, ref = s.date(c.params, name)
		return ref
	}
	ids := func(name string, to *[]int64) (ref *refusal) {
		*to, ref = c.params.ids(name)
		return ref
	}
	context := "view"
	return f, first(
		choice("context", &context, []string{"view", "embed", "edit"}),
		number("page", &f.page, 1, 0), number("per_page", &f.perPage, 1, 100), number("offset", &f.offset, 0, 0),
		choice("order", &f.order, []string{"asc", "desc"}), choice("orderby", &f.orderby, orders),
		instant("after", &f.after), instant("before", &f.before),
		instant("modified_after", &f.modAfter), instant("modified_before", &f.modBefore),
		ids("include", &f.include), ids("exclude", &f.exclude), ids("author", &f.author), ids("parent", &f.parent), ids("post", &f.parents),
	)
}

// first returns the first refusal that there is.
func first(refs ...*refusal) *refusal { return cmp.Or(refs...) }

// admits judges what every item has: id, author and dates, to the second as the database keeps them.
func (f *filter) admits(id, author int64, at, modified time.Time) bool {
	at, modified = at.Truncate(time.Second), modified.Truncate(time.Second)
	switch {
	case len(f.include) > 0 && !slices.Contains(f.include, id),
		slices.Contains(f.exclude, id),
		len(f.author) > 0 && !slices.Contains(f.author, author),
		!f.after.IsZero() && !at.After(f.after),
		!f.before.IsZero() && !at.Before(f.before),
		!f.modAfter.IsZero() && !modified.After(f.modAfter),
		!f.modBefore.IsZero() && !modified.Before(f.modBefore):
		return false
	}
	return true
}

// sortKey is what a list is ordered by; ids break ties in the same direction.
type sortKey struct {
	text string
	at   time.Time
	id   int64
}

func (f *filter) compare(a, b sortKey) int {
	n := cmp.Or(cmp.Compare(a.text, b.text), a.at.Truncate(time.Second).Compare(b.at.Truncate(time.Second)), cmp.Compare(a.id, b.id))
	if f.order == "desc" {
		return -n
	}
	return n
}

// cut takes the page that was asked for. total counts everything.
func cut[T any](c *call, f *filter, all []T) []T {
	c.total = len(all)
	c.pages = (len(all) + f.perPage - 1) / f.perPage
	from := (f.page - 1) * f.perPage
	if f.offset > 0 {
		from = f.offset
	}
	from = min(max(0, from), len(all))
	return all[from:min(len(all), from+f.perPage)]
}

// link writes the addresses of the pages before and after.
func (c *call) link(h http.Header) {
	page := 1
	if n, err := strconv.Atoi(c.params.str("page")); err == nil {
		page = n
	}
	base, _, _ := strings.Cut(c.endpoint.name, ".")
	address := func(page int) string {
		q := url.Values{}
		for name := range c.params {
			for _, v := range c.params.list(name) {
				q.Add(name+"[]", v)
			}
			if _, many := c.params[name].([]any); !many {
				q.Del(name + "[]")
				q.Set(name, c.params.str(name))
			}
		}
		q.Del("rest_route")
		q.Set("page", strconv.Itoa(page))
		return c.rest(base) + "?" + q.Encode()
	}
	var links []string
	if page > 1 {
		links = append(links, "<"+address(min(page-1, max(1, c.pages)))+`>; rel="prev"`)
	}
	if page < c.pages {
		links = append(links, "<"+address(page+1)+`>; rel="next"`)
	}
	if len(links) > 0 { // instead of the one that every answer has
		h.Set("Link", strings.Join(links, ", "))
	}
}

// rest is an address below /wp-json/wp/v2.
func (c *call) rest(path string) string { return c.site + "/wp-json/wp/v2/" + path }
