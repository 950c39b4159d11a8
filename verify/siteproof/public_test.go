package siteproof

import (
	"html"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/verify"
)

func TestV11_PublicAddresses(t *testing.T) {
	for a := range strings.FieldsSeq("1.1.1.1 8.8.8.8 114.114.114.114 223.255.255.254 172.15.255.255 172.32.0.1 100.63.255.255 100.128.0.1 " +
		"168.63.129.17 2400:3200::1 2606:4700::1111 2001:200::1 240e::1 ::ffff:8.8.8.8") {
		require.True(t, public(netip.MustParseAddr(a)), a)
	}
	for a := range strings.FieldsSeq("0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 168.63.129.16 169.254.169.254 172.16.0.1 " +
		"172.31.255.255 192.0.0.8 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255 " +
		":: ::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b::808:808 64:ff9b:1::1 100::1 2001::1 " +
		"2001:0:7f00:1::1 2001:db8::1 2002:7f00:1::1 2002:808:808::1 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1 2620:4f:8000::1") {
		require.False(t, public(netip.MustParseAddr(a)), a)
	}
	require.False(t, public(netip.Addr{}))
}

// What the kernel is about to connect to is judged, whatever was resolved before.
func TestV11_TheConnectedAddressIsJudgedOnceMore(t *testing.T) {
	var r Reader
	require.ErrorIs(t, r.control("www.shili.example", "127.0.0.1:80"), govmedia.KindForbidden)
	require.ErrorIs(t, r.control("www.shili.example", "[::ffff:10.0.0.1]:443"), govmedia.KindForbidden)
	require.NoError(t, r.control("www.shili.example", "[2400:3200::1]:443"))
	require.Error(t, r.control("www.shili.example", "/run/socket"))
	r.Allow = []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}
	require.NoError(t, r.control("www.shili.example", "10.1.2.3:80"))
	require.ErrorIs(t, r.control("www.shili.example", "10.2.2.3:80"), govmedia.KindForbidden)
}

func TestV11_OnlyTheHeadSpeaksForTheSite(t *testing.T) {
	for _, c := range []struct{ name, page, want string }{
		{"link", `<link rel="me" href="https://weibo.com/u/1">`, "link https://weibo.com/u/1"},
		{"among other words", `<head><LINK REL='nofollow ME' HREF=https://weibo.com/u/1></head>`, "link https://weibo.com/u/1"},
		{"meta", `<meta name="govmedia-account" content=" weibo/1 ">`, "meta weibo/1"},
		{"anchor", `<body><a rel="me" href="https://weibo.com/u/1">`, "anchor https://weibo.com/u/1"},
		{"entities", `<meta name="govmedia-account" content="weibo&#47;1">`, "meta weibo/1"},
		{"another meta", `<meta name="description" content="weibo/1">`, ""},
		{"another rel", `<link rel="stylesheet" href="https://weibo.com/u/1"><a rel="mean" href="x">`, ""},
		{"no value", `<link rel="me"><meta name="govmedia-account">`, ""},
		{"in the body", `<body><link rel="me" href="x"><meta name="govmedia-account" content="weibo/2">`, ""},
		{"after the head", `<head></head><link rel="me" href="x">`, ""},
		{"after the body began without saying so", `<title>x</title><p>comment</p><meta name="govmedia-account" content="weibo/2">`, ""},
		{"in a comment", `<!-- <link rel="me" href="x"> -->`, ""},
		{"in a script", `<script>var s='<link rel="me" href="x">'</script>`, ""},
		{"in a title", `<title><link rel="me" href="x"></title>`, ""},
		{"in a text area", `<textarea><a rel="me" href="x"></textarea>`, ""},
		{"the first attribute counts", `<link rel="me" href="a" href="b">`, "link a"},
		{"a page in GBK", "<title>\xca\xbe\xc0\xfd</title><link rel=me href=https://weibo.com/u/1>", "link https://weibo.com/u/1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			claims, err := parse(strings.NewReader(c.page))
			require.NoError(t, err)
			var got []string
			for _, x := range claims {
				got = append(got, string(x.Kind)+" "+x.Value)
			}
			require.Equal(t, c.want, strings.Join(got, ", "))
		})
	}
	many, err := parse(strings.NewReader(strings.Repeat(`<a rel=me href=x>`, 10*mostClaims)))
	require.NoError(t, err)
	require.Len(t, many, mostClaims)
}

func FuzzSiteProofHTML(f *testing.F) {
	f.Add(`<head><link rel="me" href="https://weibo.com/u/1"><meta name=govmedia-account content=weibo/1></head><a rel=me href=x>`)
	f.Add("<script><!--<script></script><link rel=me href=\xff>")
	f.Fuzz(func(t *testing.T, page string) {
		claims, err := parse(strings.NewReader(page))
		if err != nil {
			return
		}
		require.LessOrEqual(t, len(claims), mostClaims)
		for _, c := range claims {
			require.NotEmpty(t, strings.TrimSpace(c.Value))
			require.LessOrEqual(t, len(c.Value), mostValue)
			require.Contains(t, []verify.SiteClaimKind{verify.ClaimLink, verify.ClaimMeta, verify.ClaimAnchor}, c.Kind)
		}
		// What a visitor writes is escaped by the site, or stands in the body; either way it is no link and no meta.
		for _, around := range []string{"<head><title>x</title></head><body><p>" + html.EscapeString(page), "<body><div>" + page} {
			claims, err := parse(strings.NewReader(around))
			if err != nil {
				return
			}
			for _, c := range claims {
				require.Equal(t, verify.ClaimAnchor, c.Kind)
			}
		}
	})
}
