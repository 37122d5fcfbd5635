package web

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
)

// Operations is the operator's work on the whole installation, which knows
// folders and keys that no desk knows. Callers have asked Desk.MayOperate.
type Operations interface {
	// Doctor reads everything and says what is wrong with it; fix mends what
	// can be mended without harm.
	Doctor(ctx context.Context, a campaign.Actor, fix bool) (Diagnosis, error)
	// Backup makes a consistent copy. The function that it returns writes the
	// archive, once, and must be called; keep notes that a backup was made.
	Backup(ctx context.Context, a campaign.Actor, keep bool) (write func(io.Writer) error, err error)
	// RotateKey replaces the key that seals tokens, and seals them anew.
	RotateKey(ctx context.Context, a campaign.Actor) (Rotated, error)
	// Rehearse runs the engine on a copy, and tells the actor what will become
	// of what they may see: of the plan where it is named, and as if everything
	// were approved where that is asked. Anybody who may read may ask.
	Rehearse(ctx context.Context, a campaign.Actor, plan campaign.PlanID, approved bool) (desk.Forecast, error)
}

// Rotated says what replacing the key did.
type Rotated struct {
	Sealed int    `json:"sealed"`  // secrets that were sealed anew
	OldKey string `json:"old_key"` // the file that keeps the old key, which older backups need
}

// Diagnosis is what a doctor found, in the order of reading.
type Diagnosis struct {
	Symptoms []Symptom `json:"checks"`
	Problems int       `json:"problems"`
	Warnings int       `json:"warnings"`
}

// Symptom is one line of a diagnosis.
type Symptom struct {
	Level string `json:"level"` // "ok", "warn" or "FAIL"
	Area  string `json:"area"`  // "store", "clock", "channel", …
	Text  string `json:"text"`
	Fix   string `json:"fix,omitempty"` // a command, or what to do
	Fixed bool   `json:"fixed,omitempty"`
}

// The levels of a symptom.
const (
	LevelOK   = "ok"
	LevelWarn = "warn"
	LevelFail = "FAIL"
)

// Add appends a symptom and counts it.
func (d *Diagnosis) Add(s ...Symptom) {
	for _, one := range s {
		d.Symptoms = append(d.Symptoms, one)
		switch one.Level {
		case LevelFail:
			d.Problems++
		case LevelWarn:
			d.Warnings++
		}
	}
}

func (s *Server) apiOperate(a huma.API) {
	op(s, a, http.MethodPost, "/doctor", "Read everything and say what is wrong",
		func(ctx context.Context, c call, in *struct {
			Dry
			Body struct {
				Fix bool `json:"fix,omitempty" doc:"Mend what can be mended without harm."`
			}
		}) (Diagnosis, error) {
			if err := s.mayOperate(ctx, c); err != nil {
				return Diagnosis{}, err
			}
			return s.Operations.Doctor(ctx, c.Actor, in.Body.Fix && !in.DryRun)
		})
	op(s, a, http.MethodGet, "/rehearsal", "What will go out when, and what will stop it",
		func(ctx context.Context, c call, in *struct {
			Plan     campaign.PlanID `query:"plan" doc:"Only this plan."`
			Approved bool            `query:"approve_all" doc:"As if everything were approved."`
		}) (desk.Forecast, error) {
			// Who may not see it starts no work.
			if _, err := c.Desk.Forecast(ctx, c.Actor, in.Plan, nil); err != nil {
				return desk.Forecast{}, err
			}
			if s.Operations == nil {
				return desk.Forecast{}, fmt.Errorf("%w: this server cannot do that", desk.ErrUsage)
			}
			return s.Operations.Rehearse(ctx, c.Actor, in.Plan, in.Approved)
		})
	op(s, a, http.MethodPost, "/secrets/rotate", "Replace the key that seals tokens, and seal them anew",
		func(ctx context.Context, c call, _ *struct{}) (Rotated, error) {
			if err := s.mayOperate(ctx, c); err != nil {
				return Rotated{}, err
			}
			return s.Operations.RotateKey(ctx, c.Actor)
		})
	op(s, a, http.MethodPost, "/backup", "A backup of store and media as a tar archive; it holds no key and no secret in clear",
		func(ctx context.Context, c call, in *struct{ Dry }) (func(huma.Context), error) {
			if err := s.mayOperate(ctx, c); err != nil {
				return nil, err
			}
			write, err := s.Operations.Backup(ctx, c.Actor, !in.DryRun)
			if err != nil {
				return nil, err
			}
			return func(h huma.Context) {
				h.SetHeader("Content-Type", "application/x-tar")
				if err := write(h.BodyWriter()); err != nil {
					s.Log.Error("backup", "err", err)
					panic(http.ErrAbortHandler) // a whole archive and a broken one must not look alike
				}
			}, nil
		})
}

func (s *Server) mayOperate(ctx context.Context, c call) error {
	if err := c.Desk.MayOperate(ctx, c.Actor); err != nil {
		return err
	}
	if s.Operations == nil {
		return fmt.Errorf("%w: this server cannot do that", desk.ErrUsage)
	}
	return nil
}
