package siteproof_test

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/govmedia/govmedia/verify/siteproof"
)

// A name that leads into the own network is not asked.
func Example() {
	reader := siteproof.Reader{Lookup: func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("10.0.0.8")}, nil
	}}
	_, err := reader.Page(context.Background(), "http://www.shili.example/")
	fmt.Println(err)
	// Output:
	// siteproof.page: forbidden: www.shili.example leads to 10.0.0.8, which is no address of the public internet; allow its network if it is the government's own
}
