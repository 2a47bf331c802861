package testserver

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// ToolsEnv names the folder with the programs that "make tools" builds, instead of the one in the
// user's cache.
const ToolsEnv = "MSNBRIDGE_TEST_TOOLS"

// needTool returns the path of a program that "make tools" builds.
func needTool(t testing.TB, name string) string {
	t.Helper()
	if testing.Short() {
		t.Skipf("%s is not started with -short", name)
	}
	dir, err := toolsDir()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err != nil {
		Missing(t, name, "run make tools")
	}
	return path
}

// toolsDir is the folder that the Makefile calls TOOLS: one for each state of e2e/tools/go.sum.
func toolsDir() (string, error) {
	if dir := os.Getenv(ToolsEnv); dir != "" {
		return dir, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	sums, err := readUpwards(filepath.Join("e2e", "tools", "go.sum"))
	if err != nil {
		return "", err
	}
	hash := sha256.Sum256(sums)
	return filepath.Join(cache, "msnbridge-test", hex.EncodeToString(hash[:8])), nil
}

// readUpwards reads a file of the project: tests run in the folders of their packages.
func readUpwards(path string) ([]byte, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	for {
		data, err := os.ReadFile(filepath.Join(dir, path))
		if parent := filepath.Dir(dir); errors.Is(err, os.ErrNotExist) && parent != dir {
			dir = parent
			continue
		}
		return data, err
	}
}
