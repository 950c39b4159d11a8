package foreignclients

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	wanted    = "GOVMEDIA_FOREIGN_CLIENTS" // 1 runs the test
	hello     = "GOVMEDIA_FAKES"           // carries the line of JSON to the clients
	howTo     = "run it with " + wanted + "=1 go test ./internal/foreignclients"
	leastNode = 20

	// Together they fit the ten minutes that the go command gives a test.
	goTime      = 2 * time.Minute // twice, fetching modules included
	installTime = 3 * time.Minute
	scriptTime  = 30 * time.Second
)

func TestC7_ClientsOfOthersAgreeWithTheFakes(t *testing.T) {
	if os.Getenv(wanted) != "1" {
		t.Skipf("it fetches clients from the registries of npm and Go; %s, with Node %d or newer and npm for all of it", howTo, leastNode)
	}
	fakes := hello + "=" + startFakes(t)
	t.Run("npm", func(t *testing.T) {
		needNode(t)
		modules := install(t)
		scripts, err := filepath.Glob("clients/*.test.js")
		require.NoError(t, err)
		require.NotEmpty(t, scripts)
		for _, script := range scripts {
			t.Run(strings.TrimSuffix(filepath.Base(script), ".test.js"), func(t *testing.T) {
				command(t, ".", scriptTime, []string{fakes, "NODE_PATH=" + modules, "no_proxy=*"}, "node", "--test", "--test-reporter=spec", script)
			})
		}
	})
	t.Run("go", func(t *testing.T) {
		for _, module := range []string{"goclients", "sharedtoken"} {
			command(t, module, goTime, []string{fakes, "GOWORK=off"}, "go", "test", "-count=1", "-v", "./...")
		}
	})
}

// command runs a program in a directory, with additions to the environment, and logs what it says. It must succeed.
func command(t *testing.T, dir string, most time.Duration, env []string, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), most)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = dir, append(os.Environ(), env...), 5*time.Second
	out, err := cmd.CombinedOutput()
	t.Logf("%s\n%s", cmd, out)
	require.NoError(t, ctx.Err(), "%s took longer than %s", cmd, most)
	require.NoError(t, err, "%s", cmd)
	return string(out)
}

// startFakes builds and starts examples/fakeplatforms until the test ends and returns the line of JSON it printed.
func startFakes(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "fakeplatforms")
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	command(t, ".", goTime, nil, "go", "build", "-o", binary, "../../examples/fakeplatforms")
	cmd := exec.Command(binary, "-addr", "127.0.0.1:0", "-lenient")
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	require.True(t, json.Valid([]byte(line)), "%s", line)
	return strings.TrimSpace(line)
}

// needNode skips the test where Node or npm is absent or too old.
func needNode(t *testing.T) {
	t.Helper()
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is absent: install Node %d or newer and npm (Debian: apt-get install nodejs npm), then %s", program, leastNode, howTo)
		}
	}
	version := strings.TrimSpace(command(t, ".", scriptTime, nil, "node", "--version"))
	major, _, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	if n, err := strconv.Atoi(major); err != nil || n < leastNode {
		t.Skipf("Node %s is too old: install Node %d or newer, then %s", version, leastNode, howTo)
	}
}

// install returns a folder of npm's with the clients, outside of this tree. It is filled once for each state of the
// package files; the rename makes sure that nobody sees half of it.
func install(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	require.NoError(t, err, "there must be a folder to keep npm's packages in")
	cache = filepath.Join(cache, "govmedia-foreignclients")
	require.NoError(t, os.MkdirAll(cache, 0o750))

	sum := sha256.New()
	files := map[string][]byte{}
	for _, name := range []string{".npmrc", "package.json", "package-lock.json"} {
		files[name], err = os.ReadFile(name)
		require.NoError(t, err)
		_, _ = sum.Write(files[name])
	}
	dir := filepath.Join(cache, hex.EncodeToString(sum.Sum(nil)[:8]))
	modules := filepath.Join(dir, "node_modules")
	if _, err := os.Stat(modules); err == nil {
		return modules
	}
	fresh := filepath.Join(cache, "install-"+strconv.Itoa(os.Getpid())) // not t.TempDir, which may be on another disk
	require.NoError(t, os.Mkdir(fresh, 0o750))
	defer func() { _ = os.RemoveAll(fresh) }()
	for name, content := range files {
		require.NoError(t, os.WriteFile(filepath.Join(fresh, name), content, 0o600))
	}
	command(t, fresh, installTime, nil, "npm", "ci", "--no-audit", "--no-fund")
	if err := os.Rename(fresh, dir); err != nil {
		_, err = os.Stat(modules) // somebody else was faster
		require.NoError(t, err)
	}
	return modules
}

// What is run is what was judged: versions are exact, and the lock file names no registry.
func TestLockFile(t *testing.T) {
	var manifest struct {
		Dependencies map[string]string
	}
	content, err := os.ReadFile("package.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(content, &manifest))

	var lock struct {
		Packages map[string]struct{ Version, Resolved, Integrity string }
	}
	content, err = os.ReadFile("package-lock.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(content, &lock))
	for name, p := range lock.Packages {
		require.Empty(t, p.Resolved, "%s names a registry; npm install --package-lock-only leaves it out, see .npmrc", name)
		require.True(t, name == "" || strings.HasPrefix(p.Integrity, "sha512-") || strings.HasPrefix(p.Integrity, "sha1-"), "%s has no checksum", name)
	}
	want := map[string]string{"node_modules/urllib": "0.5.17", "node_modules/node-socialite": "1.4.1"} // see package.json
	for name, version := range manifest.Dependencies {
		want["node_modules/"+name] = version
	}
	for name, version := range want {
		require.Equal(t, version, lock.Packages[name].Version, name)
	}

	scripts, err := filepath.Glob("clients/*.test.js")
	require.NoError(t, err)
	for i, script := range scripts {
		scripts[i] = strings.TrimSuffix(filepath.Base(script), ".test.js")
	}
	for name := range manifest.Dependencies {
		require.True(t, slices.Contains(scripts, name), "%s has no script in clients", name)
	}
}
