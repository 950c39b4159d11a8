package sqlite_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/govmedia/govmedia/matrix/sqlite"
)

// Open creates the file, Migrate its tables; Close comes last, after Run has returned.
func ExampleOpen() {
	ctx := context.Background()
	dir, _ := os.MkdirTemp("", "")
	defer os.RemoveAll(dir)

	engine, err := sqlite.Open(ctx, filepath.Join(dir, "matrix.db"), nil)
	fmt.Println(err)
	fmt.Println(engine.Migrate(ctx))
	fmt.Println(engine.Close())

	_, err = sqlite.Open(ctx, filepath.Join(dir, "no such folder", "matrix.db"), nil)
	fmt.Println(err != nil)
	// Output:
	// <nil>
	// <nil>
	// <nil>
	// true
}
