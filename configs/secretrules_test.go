package configs

import (
	"slices"
	"testing"
)

func TestSecretKeysOfTheServerFile(t *testing.T) {
	src := "schema: " + ServerSchema + "\nsecrets: {folders: [/run/secrets, more], env: [TELEGRAM_TOKEN]}\n"
	s, found := parseServer("/etc/takeover/takeover.yaml", []byte(src), noEnv)
	if len(found) > 0 || !slices.Equal(s.SecretFolders, []string{"/run/secrets", "/etc/takeover/more"}) || !slices.Equal(s.SecretVars, []string{"TELEGRAM_TOKEN"}) {
		t.Errorf("%v %v %v", s.SecretFolders, s.SecretVars, found)
	}
	for _, bad := range []string{"env: [\"A B\"]", "env: [1A]", "folders: /run", "env: [\"A,B\"]"} {
		if _, found := parseServer("takeover.yaml", []byte("schema: "+ServerSchema+"\nsecrets: {"+bad+"}\n"), noEnv); !found.HasErrors() {
			t.Errorf("%s passes", bad)
		}
	}
}
