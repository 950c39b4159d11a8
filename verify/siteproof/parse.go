package siteproof

import (
	"errors"
	"io"
	"strings"

	"golang.org/x/net/html"

	"github.com/govmedia/govmedia/verify"
)

const (
	mostClaims = 200  // of one page; what comes after is not read
	mostValue  = 2048 // bytes of one claim; a longer one is none
	metaName   = "govmedia-account"
)

// parse returns the claims of a page. It reads tags only, so that the encoding of the text does not matter: all encodings in
// use keep ASCII. The reader bounds the size. A link or meta element counts in the head only, because what visitors write stands in the body.
func parse(r io.Reader) ([]verify.SiteClaim, error) {
	var claims []verify.SiteClaim
	inHead := true
	z := html.NewTokenizer(r)
	for len(claims) < mostClaims {
		kind := z.Next()
		if kind == html.ErrorToken {
			if err := z.Err(); !errors.Is(err, io.EOF) {
				return nil, err
			}
			return claims, nil
		}
		token := z.Token()
		if kind == html.EndTagToken && token.Data == "head" || kind == html.StartTagToken && token.Data == "body" {
			inHead = false
		}
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		if !headOnly(token.Data) {
			inHead = false // a head ends, by the rules of HTML, where the first element of the body begins
		}
		if c, ok := claimOf(token, inHead); ok {
			claims = append(claims, c)
		}
	}
	return claims, nil
}

// headOnly reports whether the element may stand in a head, or around it.
func headOnly(name string) bool {
	switch name {
	case "html", "head", "title", "base", "link", "meta", "style", "script", "noscript", "template":
		return true
	}
	return false
}

func claimOf(token html.Token, inHead bool) (verify.SiteClaim, bool) {
	var claim verify.SiteClaim
	attr := map[string]string{}
	for _, a := range token.Attr {
		if _, twice := attr[a.Key]; !twice {
			attr[a.Key] = a.Val // the first counts
		}
	}
	switch {
	case token.Data == "link" && inHead && relMe(attr["rel"]):
		claim = verify.SiteClaim{Kind: verify.ClaimLink, Value: attr["href"]}
	case token.Data == "a" && relMe(attr["rel"]):
		claim = verify.SiteClaim{Kind: verify.ClaimAnchor, Value: attr["href"]}
	case token.Data == "meta" && inHead && strings.EqualFold(strings.TrimSpace(attr["name"]), metaName):
		claim = verify.SiteClaim{Kind: verify.ClaimMeta, Value: attr["content"]}
	}
	claim.Value = strings.TrimSpace(claim.Value)
	return claim, claim.Value != "" && len(claim.Value) <= mostValue
}

// relMe reports whether a rel attribute has the word me.
func relMe(rel string) bool {
	for word := range strings.FieldsSeq(rel) {
		if strings.EqualFold(word, "me") {
			return true
		}
	}
	return false
}
