package account_test

import (
	"context"
	"fmt"

	"github.com/govmedia/govmedia/account"
)

func ExampleKind_Scored() {
	fmt.Println(account.KindMiniProgram.Scored(), account.KindOfficer.Scored())
	// Output:
	// true false
}

// A register is saved as a whole or not at all, and every row that is wrong is named.
func ExampleRegistry_Save() {
	registry := account.NewRegistry(nil) // package matrix gives it a store
	err := registry.Save(context.Background(), "importer", account.Register{
		Units: []account.Unit{{ID: "u1", Name: "示例市公安局", Level: "局"}, {ID: "u2"}},
	})
	fmt.Println(err)
	// Output:
	// register.unit: invalid: unit "u1": unknown level "局"; use national, province, city, county or township
	// register.unit: invalid: unit "u2" has no name
}
