package main

import (
	"bytes"
	"crypto/md5" // what the format asks for; nobody relies on it
	"embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/configs"
)

// scripts run as root when the package comes, changes and goes.
//
//go:embed deb
var scripts embed.FS

// debianPackage is a .deb: an ar archive of a version, control files and data.
// Source: deb(5), deb-control(5).
func debianPackage(arch, version string, made time.Time, files []file) ([]byte, error) {
	data, err := tarGz(files, made)
	if err != nil {
		return nil, err
	}
	size := 0
	var sums, conf strings.Builder
	sorted := slices.Clone(files)
	slices.SortFunc(sorted, func(a, b file) int { return strings.Compare(a.name, b.name) })
	for _, f := range sorted {
		size += len(f.data)
		if f.config {
			fmt.Fprintln(&conf, "/"+f.name)
			continue
		}
		fmt.Fprintf(&sums, "%x  %s\n", md5.Sum(f.data), f.name)
	}
	control := []file{
		{name: "control", mode: 0o644, data: []byte(controlText(arch, version, size))},
		{name: "md5sums", mode: 0o644, data: []byte(sums.String())},
		{name: "conffiles", mode: 0o644, data: []byte(conf.String())},
	}
	for _, name := range []string{"preinst", "postinst", "prerm", "postrm"} {
		text, err := scripts.ReadFile("deb/" + name)
		if err != nil {
			return nil, err
		}
		control = append(control, file{name: name, mode: 0o755, data: text})
	}
	meta, err := tarGz(control, made)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString("!<arch>\n")
	for _, m := range []struct {
		name string
		data []byte
	}{{"debian-binary", []byte("2.0\n")}, {"control.tar.gz", meta}, {"data.tar.gz", data}} {
		fmt.Fprintf(&b, "%-16s%-12d%-6d%-6d%-8o%-10d`\n", m.name, made.Unix(), 0, 0, 0o100644, len(m.data))
		b.Write(m.data)
		if len(m.data)%2 == 1 {
			b.WriteByte('\n')
		}
	}
	return b.Bytes(), nil
}

func controlText(arch, version string, bytes int) string {
	return fmt.Sprintf(`Package: takeover
Version: %s
Architecture: %s
Maintainer: takeover <takeover@ittakesacommunity.invalid>
Installed-Size: %d
Depends: passwd
Recommends: ca-certificates
Suggests: systemd
Section: net
Priority: optional
Description: lends a campaign's social accounts to groups, and publishes on time, once
 Leads of a campaign's groups submit plans, organizers approve, and the daemon
 publishes: never twice, never lost, never late without saying so, never by
 someone who should not.
`, version, arch, (bytes+1023)/1024)
}

// debianVersion is a version as dpkg orders them: a commit without a tag comes
// before every release.
func debianVersion(version string) string {
	v := strings.TrimPrefix(version, "v")
	if v == "" || v[0] < '0' || v[0] > '9' || !strings.Contains(v, ".") {
		v = "0~" + v
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', strings.ContainsRune(".+~", r):
			return r
		}
		return '+'
	}, v)
}

// serverFile is the package's takeover.yaml: every key with its comment, and
// the folders of a system service. Its timer makes the daily backup, so the
// daemon makes none.
func serverFile() ([]byte, error) {
	return configs.ServerFile(map[string]string{
		"data.dir":             "/var/lib/takeover/data",
		"secrets.key_file":     "/var/lib/takeover/master.key",
		"secrets.counter_file": "/var/lib/takeover/takeover.counter",
		"secrets.folders":      "/run/credentials/takeover.service",
		"backup.at":            configs.Never,
	})
}
