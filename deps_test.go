package govmedia_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/govmedia/govmedia"

// The floors of the house, see ARCHITECTURE.md. A package imports lower floors, and a sub-room also its own house
// (publish/weibo imports publish); never a sibling and never upward.
const (
	ground     = iota // the vocabulary, and what knows nothing else
	accounts          // who the accounts are
	checks            // whether names and texts are right
	service           // reply and metrics, which do not know each other
	publishing        // publish and the platforms' rooms
	engines           // stores and jobs behind the interfaces of all floors below
	matrices          // composes and runs everything
	roof              // programs
)

// room is what the house rules say about one package.
type room struct {
	floor   int
	std     bool     // links the standard library only, and packages of this module
	alone   string   // why it imports nothing of this module, not even in its tests; empty when it may
	uses    []string // modules outside the standard library that it may import itself
	links   []string // keys of heavy that it may link
	openTo  []string // the only packages that may import it; a trailing slash means everything below; nil means anybody above
	because string   // reason of openTo
}

var rooms = map[string]room{
	"":                          {floor: ground, std: true},
	"reply/sla":                 {floor: ground, std: true, alone: "calendar arithmetic needs no vocabulary"},
	"internal/wire":             {floor: ground, std: true},
	"internal/memnet":           {floor: ground, std: true, alone: "it is plumbing", openTo: []string{"publish/publishtest", "matrix/matrixtest"}, because: "it is for tests"},
	"internal/outbox":           {floor: ground, std: true, openTo: []string{"publish", "reply", "internal/engine", "internal/enginetest", "matrix"}, because: "adapters and integrators see deliveries, not their machinery"},
	"account":                   {floor: accounts, std: true},
	"account/register":          {floor: accounts, uses: []string{excelize, encodings}, links: []string{excelize}},
	"account/directory":         {floor: accounts, uses: []string{hostNames}},
	"account/rosterics":         {floor: accounts, uses: []string{icalendar}},
	"verify":                    {floor: checks, std: true},
	"internal/radargen":         {floor: roof, uses: []string{pictures}, openTo: testsOnly, because: "it is a program that makes tables"},
	"verify/attach":             {floor: checks, uses: []string{excelize}, links: []string{excelize}},
	"verify/siteproof":          {floor: checks, uses: []string{htmlTokens}, openTo: []string{"matrix", "examples/"}, because: "whoever only checks names must not link an HTTP client"},
	"reply":                     {floor: service, std: true},
	"metrics":                   {floor: service, std: true},
	"publish":                   {floor: publishing, uses: []string{uniseg, pictures}},
	"publish/publishtest":       {floor: publishing, openTo: testsOnly, because: "it is a suite for tests"},
	"publish/weibo":             {floor: publishing, uses: []string{resty}, links: []string{resty}, openTo: []string{"examples/"}, because: "only programs choose platforms"},
	"publish/weibo/weibotest":   {floor: publishing, std: true, alone: "a fake that knew our types would share our mistakes", openTo: []string{"examples/"}, because: "it is a fake, for tests and demonstrations"},
	"publish/wechat/wechattest": {floor: publishing, std: true, alone: "a fake that knew our types would share our mistakes", openTo: []string{"examples/"}, because: "it is a fake, for tests and demonstrations"},
	"internal/engine":           {floor: engines, uses: []string{bun, goose, river}, links: []string{bun, goose, river}, openTo: []string{"matrix/sqlite", "matrix/postgres"}, because: "only the openers know the engine"},
	"matrix":                    {floor: matrices},
	"matrix/sqlite":             {floor: matrices, uses: []string{bun, goose, river, sqlite}, links: []string{bun, goose, river, sqlite}, openTo: []string{"examples/"}, because: "only programs choose an engine"},
	"matrix/postgres":           {floor: matrices, uses: []string{bun, goose, river, pgx, puddle}, links: []string{bun, goose, river, pgx}, openTo: []string{"examples/"}, because: "only programs choose an engine"},
	"internal/enginetest":       {floor: roof, uses: []string{testify}, links: []string{testify}, openTo: testsOnly, because: "it is a suite for the tests of the openers"},
	"internal/crashtest":        {floor: roof, std: true, openTo: testsOnly, because: "it holds tests only"},
	"internal/foreignclients":   {floor: roof, std: true, openTo: testsOnly, because: "it holds tests only"},
	"internal/regiongen":        {floor: roof, std: true},
	"examples/portal":           {floor: roof, uses: []string{pgx}, links: everything()},
	"examples/fakeplatforms":    {floor: roof, std: true},
	"examples/customadapter":    {floor: roof, links: []string{bun, goose, river, sqlite}},
	"examples/inspect":          {floor: roof, uses: []string{excelize}, links: []string{bun, goose, river, sqlite, excelize}},
	"publish/wechat":            {floor: publishing, uses: []string{resty, wechat + "/v2/util"}, links: []string{resty, wechat}, openTo: []string{"examples/"}, because: "only programs choose platforms"},

	"publish/wordpress":               {floor: publishing, uses: []string{resty}, links: []string{resty}, openTo: []string{"examples/"}, because: "only programs choose platforms"},
	"publish/wordpress/wordpresstest": {floor: publishing, std: true, alone: "a fake that knew our types would share our mistakes", openTo: []string{"examples/"}, because: "it is a fake, for tests and demonstrations"},
}

const (
	resty    = "github.com/go-resty/resty"
	wechat   = "github.com/silenceper/wechat"
	river    = "github.com/riverqueue/river"
	bun      = "github.com/uptrace/bun"
	goose    = "github.com/pressly/goose"
	sqlite   = "modernc.org/sqlite"
	pgx      = "github.com/jackc/pgx"
	puddle   = "github.com/jackc/puddle" // pgx's pool, whose error says that it is closed
	excelize = "github.com/xuri/excelize"
	testify  = "github.com/stretchr/testify"
	uniseg   = "github.com/rivo/uniseg"
	pictures = "golang.org/x/image"

	htmlTokens = "golang.org/x/net/html"
	hostNames  = "golang.org/x/net/idna" // what browsers make of a host
	icalendar  = "github.com/arran4/golang-ical"
	encodings  = "golang.org/x/text/encoding" // GBK, as Excel in China saves CSV
)

// heavy names what a package must not link unless its room says so, and why. Who only wants to check names, or to write
// an adapter, must not pay for a database.
var heavy = map[string]string{
	resty:                         "only the rooms of platforms speak HTTP; it retries writes unless told not to",
	wechat:                        "one HTTP client for the whole process; only publish/wechat may",
	river:                         "jobs are the engine's business, behind the Store interfaces",
	bun:                           "SQL is the engine's business, behind the Store interfaces",
	goose:                         "migrations are the engine's business",
	sqlite:                        "only matrix/sqlite opens SQLite; it adds megabytes to every program that links it",
	pgx:                           "only matrix/postgres opens PostgreSQL",
	excelize:                      "spreadsheets are read and written in leaves",
	"github.com/mattn/go-sqlite3": "needs cgo; modernc.org/sqlite does not",
	testify:                       "tests only: a …test package that links it drags it into the tests of every integrator",
	"go.opentelemetry.io":         "traces go through Observer; only programs choose a vendor",
	"github.com/prometheus":       "measurements go through Observer; only programs choose a vendor",
}

func everything() []string {
	all := slices.Collect(maps.Keys(heavy))
	return slices.DeleteFunc(all, func(m string) bool { return m == testify })
}

// direct names packages of the standard library that a package of ours must not import outside of tests, and why.
var direct = map[string]string{
	"testing":           "it registers flags and belongs in tests and in packages named …test",
	"testing/synctest":  "it belongs in tests and in packages named …test",
	"net/http/httptest": "it belongs in tests and in packages named …test",
	"expvar":            "importing it adds a page to the process's default mux",
	"net/http/pprof":    "importing it adds pages to the process's default mux",
	"log":               "configs carry a *slog.Logger",
	"math/rand":         "use math/rand/v2 with a seed, or crypto/rand",
	"io/ioutil":         "deprecated",
	"unsafe":            "nothing here needs it",
	"C":                 "users need no C compiler",
}

// pure packages do arithmetic and checks; what they link shows that they cannot do more.
var pure = map[string]map[string]string{
	"":          {"net/http": "the vocabulary performs no input or output", "database/sql": "the vocabulary performs no input or output"},
	"reply/sla": {"net/http": "deadlines are arithmetic", "database/sql": "deadlines are arithmetic", "log/slog": "deadlines are arithmetic"},
	"verify":    {"net/http": "checks work offline", "database/sql": "checks get their data passed in"},
}

var testsOnly = []string{} // not nil: nobody

// listed is one package as the go command lists it.
type listed struct {
	ImportPath, Name, Dir              string
	Standard                           bool
	Module                             *struct{ Path string }
	Imports, TestImports, XTestImports []string
	GoFiles, TestGoFiles, XTestGoFiles []string
	Error                              *struct{ Err string }
}

// inside returns the path of the package within this module.
func (p *listed) inside() (path string, ok bool) {
	if p == nil || p.Module == nil || p.Module.Path != module {
		return "", false
	}
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/"), true
}

// graph lists every package of the module with all that it links, without tests.
var graph = sync.OnceValues(func() (map[string]*listed, error) {
	cmd := exec.Command("go", "list", "-e", "-deps",
		"-json=ImportPath,Name,Dir,Standard,Module,Imports,TestImports,XTestImports,GoFiles,TestGoFiles,XTestGoFiles,Error", "./...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w\n%s", err, &stderr)
	}
	all := map[string]*listed{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		if p.Error != nil {
			return nil, fmt.Errorf("%s: %s", p.ImportPath, p.Error.Err)
		}
		all[p.ImportPath] = &p
	}
})

func TestFloors(t *testing.T) {
	all, err := graph()
	require.NoError(t, err)
	for _, v := range violations(all, rooms) {
		t.Error(v)
	}
	for path := range rooms {
		require.Contains(t, all, strings.TrimSuffix(module+"/"+path, "/"), "the table names a package that does not exist")
	}
}

// violations applies the table to the packages of the module.
func violations(all map[string]*listed, rooms map[string]room) (found []string) {
	say := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	for _, id := range slices.Sorted(maps.Keys(all)) {
		p := all[id]
		path, ok := p.inside()
		if !ok {
			continue
		}
		r, ok := rooms[path]
		if !ok {
			say("%s: say on which floor it stands, in the table of deps_test.go", id)
			continue
		}
		for _, imported := range p.Imports {
			if why := mayImport(path, r, all[imported], rooms); why != "" {
				say("%s imports %s: %s", id, imported, why)
			}
			why, banned := direct[imported]
			if forTests := strings.HasSuffix(path, "test") && strings.Contains(imported, "test"); banned && !forTests {
				say("%s imports %s: %s", id, imported, why)
			}
		}
		if r.std {
			if c := chain(all, id, func(p *listed) bool { _, ours := p.inside(); return !p.Standard && !ours }); c != nil {
				say("%s links more than the standard library: %s", id, strings.Join(c, " → "))
			}
		}
		for prefix, why := range heavy {
			if slices.Contains(r.links, prefix) {
				continue
			}
			if c := chain(all, id, func(p *listed) bool { return strings.HasPrefix(p.ImportPath, prefix) }); c != nil {
				say("%s links %s: %s: %s", id, prefix, why, strings.Join(c, " → "))
			}
		}
		for banned, why := range pure[path] {
			if c := chain(all, id, func(p *listed) bool { return p.ImportPath == banned }); c != nil {
				say("%s links %s: %s: %s", id, banned, why, strings.Join(c, " → "))
			}
		}
		if r.alone != "" {
			for _, imported := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
				if other, ours := all[imported].inside(); ours && other != path {
					say("%s or its test imports %s: it knows nothing of this module: %s", id, imported, r.alone)
				}
			}
		}
	}
	return found
}

// mayImport returns why the package at path must not import other, or nothing.
func mayImport(path string, r room, other *listed, rooms map[string]room) string {
	if other == nil || other.Standard {
		return ""
	}
	target, ours := other.inside()
	if !ours {
		if slices.ContainsFunc(r.uses, func(m string) bool { return strings.HasPrefix(other.ImportPath, m) }) {
			return ""
		}
		return "this package may import " + fmt.Sprintf("%q", r.uses) + " and nothing else from outside"
	}
	to, ok := rooms[target]
	switch house := target == "" || strings.HasPrefix(path, target+"/"); {
	case !ok:
		return "" // reported by itself
	case strings.HasPrefix(path, "examples/") && strings.HasPrefix(target, "internal/"):
		return "an example shows what users can do, and they cannot import it"
	case to.floor > r.floor:
		return "arrows point down only"
	case to.floor == r.floor && !house:
		return "they stand on one floor; a package imports lower floors and its own house"
	case to.openTo == nil || slices.ContainsFunc(to.openTo, func(who string) bool {
		return who == path || strings.HasSuffix(who, "/") && strings.HasPrefix(path, who)
	}):
		return ""
	default:
		return to.because
	}
}

// chain returns the shortest way of imports from id to a package that match accepts; nil when there is none.
func chain(all map[string]*listed, id string, match func(*listed) bool) []string {
	from, queue := map[string]string{id: ""}, []string{id}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		p := all[at]
		if p == nil {
			continue
		}
		if at != id && match(p) {
			var way []string
			for ; at != ""; at = from[at] {
				way = append(way, at)
			}
			slices.Reverse(way)
			return way
		}
		for _, next := range p.Imports {
			if _, seen := from[next]; !seen {
				from[next] = at
				queue = append(queue, next)
			}
		}
	}
	return nil
}

// The checks are checked: each of these worlds breaks one rule.
func TestFloorsFindsBreaks(t *testing.T) {
	table := map[string]room{
		"": {std: true}, "a": {floor: 1, std: true}, "a/room": {floor: 1}, "b": {floor: 1}, "c": {floor: 2},
		"c/x/xtest": {floor: 2, std: true, alone: "a fake"}, "d": {floor: 2, openTo: []string{"e/"}, because: "for e only"}, "e/f": {floor: 3}, "g": {floor: 3},
		"internal/i": {}, "examples/x": {floor: 3},
	}
	world := func(path string, imports ...string) map[string]*listed {
		all := map[string]*listed{}
		add := func(id string, ours bool, imports ...string) {
			p := &listed{ImportPath: id, Imports: imports, Standard: !strings.Contains(id, ".")}
			if ours {
				p.Module = &struct{ Path string }{module}
			}
			all[id] = p
		}
		for room := range table {
			add(strings.TrimSuffix(module+"/"+room, "/"), true)
		}
		add("fmt", false)
		add("log", false)
		add(sqlite, false)
		add(testify+"/require", false)
		add("example.org/heavy", false, sqlite)
		for i, imported := range imports {
			if !strings.Contains(imported, ".") && imported != "fmt" && imported != "log" {
				imports[i] = strings.TrimSuffix(module+"/"+imported, "/")
			}
		}
		add(strings.TrimSuffix(module+"/"+path, "/"), true, imports...)
		return all
	}
	for _, c := range []struct {
		path, imports, want string
	}{
		{"a", "fmt", ""},
		{"a", "", ""},
		{"a/room", "a", ""},
		{"c", "a", ""},
		{"e/f", "d", ""},
		{"new", "fmt", "say on which floor"},
		{"a", "b", "one floor"},
		{"a", "a/room", "one floor"},
		{"a", "c", "arrows point down"},
		{"", "a", "arrows point down"},
		{"g", "d", "for e only"},
		{"g", "internal/i", ""},
		{"examples/x", "internal/i", "what users can do"},
		{"g", "log", "slog"},
		{"g", "example.org/heavy", "nothing else from outside"},
		{"g", "example.org/heavy", module + "/g → example.org/heavy → " + sqlite},
		{"g", testify + "/require", "tests only"},
		{"a", sqlite, "more than the standard library"},
		{"c/x/xtest", "", "knows nothing of this module"},
	} {
		found := strings.Join(violations(world(c.path, c.imports), table), "\n")
		if c.want == "" {
			require.Empty(t, found, "%s imports %s", c.path, c.imports)
		} else {
			require.Contains(t, found, c.want, "%s imports %s", c.path, c.imports)
		}
	}
}
