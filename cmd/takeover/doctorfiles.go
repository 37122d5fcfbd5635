package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"

	"github.com/ittakesacommunity/takeover/configs"
	"github.com/ittakesacommunity/takeover/internal/health"
	"github.com/ittakesacommunity/takeover/internal/secret"
	"github.com/ittakesacommunity/takeover/web"
)

// examineFiles looks at everything around the store: it needs none open. fix
// takes away rights that are too wide and makes folders that are missing.
func examineFiles(s configs.Server, fix bool) []web.Symptom {
	var out []web.Symptom
	l := s.Layout
	folders := foldersOf(l)
	out = append(out, several("folders", len(folders), "all of them are private", folders, func(dir string) (web.Symptom, bool) { return folderSymptom(dir, fix) })...)
	secrets := append([]string{"file:" + l.Key}, ownSecrets(s)...)
	out = append(out, several("secrets", len(secrets), "only their owner can reach them", secrets, func(ref string) (web.Symptom, bool) { return secretSymptom(secret.Resolver{Dir: s.Dir}, ref, fix) })...)
	if s.File != "" {
		if i, err := os.Stat(s.File); err == nil && i.Mode().Perm()&0o002 != 0 {
			out = append(out, fail("config", fmt.Sprintf("everybody can change %s (%04o)", s.File, i.Mode().Perm()), "chmod o-w "+s.File))
		}
	}
	return append(out, diskSymptom(l.Data))
}

// several is one line where all is well, else one for each that is not.
func several(area string, n int, well string, of []string, look func(string) (web.Symptom, bool)) (out []web.Symptom) {
	seen := map[string]bool{}
	for _, one := range of {
		if seen[one] {
			n--
			continue
		}
		seen[one] = true
		if s, told := look(one); told {
			s.Area = area
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		out = append(out, fine(area, "%d looked at, %s", n, well))
	}
	return out
}

// folderSymptom tells what is wrong with a folder, or what was mended.
func folderSymptom(dir string, fix bool) (web.Symptom, bool) {
	i, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) && fix:
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fail("", err.Error(), "mkdir -p -m 700 "+dir), true
		}
		return mended("%s was missing and was made", dir), true
	case errors.Is(err, fs.ErrNotExist):
		return warn("", dir+" is missing", "takeover doctor --fix"), true
	case err != nil:
		return fail("", err.Error(), "give the folder to the user that runs takeover"), true
	case !i.IsDir():
		return fail("", dir+" is no folder", "move it away"), true
	}
	if !mine(i) {
		return fail("", dir+" belongs to another user than the one that runs this", "chown it to the user that runs takeover"), true
	}
	mode := i.Mode().Perm()
	if mode&0o077 == 0 {
		return web.Symptom{}, false
	}
	if fix {
		if err := os.Chmod(dir, mode&0o700); err != nil {
			return fail("", err.Error(), "chmod 700 "+dir), true
		}
		return mended("others could reach %s (%04o), no more", dir, mode), true
	}
	if mode&0o022 != 0 {
		return fail("", fmt.Sprintf("others can write into %s (%04o)", dir, mode), "chmod 700 "+dir), true
	}
	return warn("", fmt.Sprintf("others can look into %s (%04o)", dir, mode), "chmod 700 "+dir), true
}

func mended(format string, args ...any) web.Symptom {
	s := fine("", format, args...)
	s.Fixed = true
	return s
}

// secretSymptom tells what is wrong with the secret that a reference names. It
// never tells its value, and looks at no file that the resolver may not read.
func secretSymptom(r secret.Resolver, ref string, fix bool) (web.Symptom, bool) {
	file := r.File(ref)
	if err := r.Allowed(ref); err != nil {
		return fail("secrets", err.Error(), ""), true
	}
	if file != "" {
		if i, err := os.Stat(file); err == nil {
			if s, told := secretFileSymptom(file, i, fix); told {
				return s, true
			}
		}
	}
	if _, err := r.Resolve(ref); err != nil {
		return fail("secrets", err.Error(), map[bool]string{true: "put it there, readable by its owner alone", false: "set the variable where the daemon starts"}[file != ""]), true
	}
	return web.Symptom{}, false
}

func secretFileSymptom(name string, i fs.FileInfo, fix bool) (web.Symptom, bool) {
	mode := i.Mode().Perm()
	switch {
	case !i.Mode().IsRegular():
		return fail("secrets", name+" is not a regular file", "put the secret into a file"), true
	case !mine(i):
		return fail("secrets", name+" belongs to another user than the one that runs this", "chown it to the user that runs takeover"), true
	case mode&0o077 == 0:
		return web.Symptom{}, false
	case fix:
		if err := os.Chmod(name, 0o600); err != nil {
			return fail("secrets", err.Error(), "chmod 600 "+name), true
		}
		return mended("others could reach %s (%04o), no more; if somebody may have read it, make a new one", name, mode), true
	case mode&0o004 != 0:
		return fail("secrets", fmt.Sprintf("%s is readable by everyone (%04o)", name, mode), "chmod 600 "+name), true
	}
	return fail("secrets", fmt.Sprintf("others than its owner can reach %s (%04o)", name, mode), "chmod 600 "+name), true
}

// diskWarn is how many free bytes are worth a warning; health.DiskLow too few.
const diskWarn = 1 << 30

func diskSymptom(dir string) web.Symptom {
	for ; ; dir = filepath.Dir(dir) { // of the folder that will be made, where there is none yet
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			break
		}
	}
	free, ok := diskFree(dir)
	switch text := sizeText(free) + " free in " + dir; {
	case !ok:
		return fine("disk", "this system does not tell how much is free")
	case free < health.DiskLow:
		return fail("disk", text, "make room: publishing stops when the disk is full")
	case free < diskWarn:
		return warn("disk", text, "make room before it is full")
	default:
		return fine("disk", "%s", text)
	}
}

// listenSymptom tells whether a daemon could listen where none runs.
func listenSymptom(s configs.Server) web.Symptom {
	l, err := net.Listen("tcp", s.Listen)
	if err != nil {
		return fail("listen", err.Error(), "free the address, or set server.listen to another one of this machine")
	}
	_ = l.Close()
	return fine("listen", "%s is free", s.Listen)
}
