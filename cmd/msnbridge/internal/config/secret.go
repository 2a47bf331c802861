package config

import (
	"io"
	"os"
	"strings"

	"github.com/BurntSushi/toml"

	"msnbridge/bridge"
)

// secret finds a secret that may stand in the file itself, in a file of its own,
// or in the environment. key is the key of the first; the others end in _file
// and _env. At most one may be given; with none the secret is empty.
func (c *checker) secret(key toml.Key, value bridge.Secret, file, env string) bridge.Secret {
	name := key[len(key)-1]
	given := 0
	for _, s := range []string{value.Reveal(), file, env} {
		if s != "" {
			given++
		}
	}
	switch {
	case given > 1:
		c.bad(key, "is given more than once; keep one of %s, %[1]s_file and %[1]s_env", name)
	case file != "":
		return c.secretFile(suffixed(key, "_file"), file)
	case env != "":
		return c.secretEnv(suffixed(key, "_env"), env)
	}
	return value
}

// suffixed is key with something behind its last part.
func suffixed(key toml.Key, suffix string) toml.Key {
	k := append(toml.Key{}, key...)
	k[len(k)-1] += suffix
	return k
}

func (c *checker) secretFile(key toml.Key, file string) bridge.Secret {
	line, err := firstLine(file)
	if err != nil {
		c.bad(key, "%s; name a file that this user may read, relative to the working directory", err)
	} else if line == "" {
		c.bad(key, "the first line of %s is empty; put the secret there", file)
	}
	return bridge.Secret(line)
}

// firstLine reads the first line of a file, as far as 4096 bytes.
func firstLine(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 4096))
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimRight(line, "\r"), err
}

func (c *checker) secretEnv(key toml.Key, name string) bridge.Secret {
	value := os.Getenv(name)
	if value == "" {
		c.bad(key, "the environment has no variable %s, or it is empty; set it", name)
	}
	return bridge.Secret(value)
}
