package configs

import (
	"fmt"
	"os"
)

// EnvConfig names the environment variable that says where takeover.yaml is.
const EnvConfig = "TAKEOVER_CONFIG"

// configPlaces are where takeover.yaml is looked for when nobody says where it is.
var configPlaces = []string{"takeover.yaml", "/etc/takeover/takeover.yaml"}

// FindConfig says which takeover.yaml counts: the flag's, the environment's,
// the one here, the machine's. It is "" when there is none. A file that the
// flag or the environment names must exist.
func FindConfig(flag string) (string, error) {
	return findConfig(flag, os.Getenv, func(name string) error {
		_, err := os.Stat(name)
		return err
	})
}

func findConfig(flag string, getenv func(string) string, stat func(string) error) (string, error) {
	if flag != "" {
		return flag, stat(flag)
	}
	if name := getenv(EnvConfig); name != "" {
		if err := stat(name); err != nil {
			return name, fmt.Errorf("%s: %w", EnvConfig, err)
		}
		return name, nil
	}
	for _, name := range configPlaces {
		if stat(name) == nil {
			return name, nil
		}
	}
	return "", nil
}
