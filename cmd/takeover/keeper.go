package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/configs"
	"github.com/ittakesacommunity/takeover/internal/secret"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/boltstore"
	"github.com/ittakesacommunity/takeover/store/pgstore"
	"github.com/ittakesacommunity/takeover/store/record"
)

// keeper is the store of a house: a file that is this process's alone, or a
// database that daemons on several machines share.
type keeper interface {
	store.Store
	// Daemon is who we are among the daemons that share the store; the zero
	// value where nobody shares it.
	Daemon() campaign.Daemon
	// RolledBack says why the store is older than what was seen of it, or may
	// be; "" where nothing speaks for that.
	RolledBack() string
	// Verify reads every record.
	Verify(ctx context.Context) (boltstore.Report, error)
	// Unseen tells why a rollback would go unseen, nil where it would be seen,
	// and what mends that.
	Unseen() (fix string, err error)
	// Engine says in words what keeps the records.
	Engine() string
	// File is the file that is written to; "" where it is a database's.
	File() string
}

// openStore opens the store that the configuration names. Either way the data
// folder is this process's alone until the store is closed; where that is not
// so, the error is a *boltstore.LockedError.
func openStore(s configs.Server, publish bool) (keeper, error) {
	if s.Shared() {
		return openShared(s)
	}
	l := s.Layout
	k, err := boltstore.Open(boltstore.Options{Path: l.Store, Counter: l.Counter, Former: l.Former, Backups: l.Backups})
	if errors.Is(err, boltstore.ErrReadOnly) && !publish {
		k, err = boltstore.OpenReadOnly(l.Store) // one may look; changes say what is wrong
	}
	if err != nil {
		return nil, err
	}
	return alone{k, l}, nil
}

// alone is a store in a file.
type alone struct {
	*boltstore.Store
	layout configs.Layout
}

func (k alone) Daemon() campaign.Daemon { return campaign.Daemon{} }
func (k alone) RolledBack() string      { return k.Opened().Why }
func (k alone) File() string            { return k.layout.Store }

func (k alone) Unseen() (fix string, err error) {
	return "make the folder of " + k.layout.Counter + " writable", k.CounterErr()
}

func (k alone) Engine() string {
	size := int64(0)
	if i, err := os.Stat(k.layout.Store); err == nil {
		size = i.Size()
	}
	return "bbolt " + sizeText(size)
}

// shared is a store in a database.
type shared struct {
	*pgstore.Store
	daemon  campaign.Daemon
	scratch string       // begins the names of copies
	release func() error // of the data folder
}

func openShared(s configs.Server) (keeper, error) {
	dsn, err := secret.Resolver{Dir: s.Dir}.Resolve("file:" + s.DSNFile)
	if err != nil {
		return nil, fmt.Errorf("the connection string of the database: %w", err)
	}
	l := s.Layout
	release, err := boltstore.Hold(l.Store)
	if err != nil {
		return nil, err
	}
	daemon, err := daemonAt(l.Data)
	if err != nil {
		return nil, errors.Join(err, release())
	}
	db, err := pgstore.Open(context.Background(), pgstore.Options{DSN: dsn.Reveal()})
	if err != nil {
		return nil, errors.Join(err, release())
	}
	return shared{Store: db, daemon: daemon, scratch: l.Store, release: release}, nil
}

func (k shared) Daemon() campaign.Daemon { return k.daemon }
func (k shared) RolledBack() string      { return k.Opened().Why }
func (k shared) File() string            { return "" }

func (k shared) Engine() string { return "PostgreSQL " + k.Opened().Server }

// Unseen implements keeper: where the database says it is stands for the counter.
func (k shared) Unseen() (fix string, err error) {
	if k.Opened().Blind {
		err = errors.New("the database does not say on which time line it is")
	}
	return "GRANT EXECUTE ON FUNCTION pg_control_system() TO the user of the connection string; a replica that takes over is noticed then", err
}

// Verify implements keeper, on a copy.
func (k shared) Verify(ctx context.Context) (boltstore.Report, error) {
	path := k.scratch + ".copy-verify-" + rand.Text()
	defer removeCopy(path)
	if err := k.Backup(ctx, path); errors.Is(err, record.ErrNotSound) {
		return boltstore.Report{Bad: []store.Unreadable{{Why: err.Error()}}}, nil
	} else if err != nil {
		return boltstore.Report{}, err
	}
	return boltstore.Check(ctx, path)
}

func (k shared) Close() error { return errors.Join(k.Store.Close(), k.release()) }

// homeFile keeps the name of a data folder that is no other's.
const homeFile = "daemon.home"

// daemonAt names this process, which alone has the data folder. Its home is the
// machine and the folder: a copy of the folder on another machine is another
// home, and so is another folder under the same path and host name.
func daemonAt(data string) (campaign.Daemon, error) {
	host, err := os.Hostname()
	if err != nil {
		return campaign.Daemon{}, err
	}
	path, err := filepath.Abs(data)
	if err != nil {
		return campaign.Daemon{}, err
	}
	file := filepath.Join(path, homeFile)
	id, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		id = []byte(rand.Text() + "\n")
		err = writeSynced(file, strings.NewReader(string(id)))
	}
	if err != nil {
		return campaign.Daemon{}, err
	}
	return campaign.Daemon{ID: host + "-" + rand.Text(), Home: host + " " + strings.TrimSpace(string(id)), Name: host + ":" + path}, nil
}
