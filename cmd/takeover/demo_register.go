package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels/sandbox"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/internal/recap"
)

// demoContributors give to the campaign in each of the ways that there are.
var demoContributors = []desk.Contributor{
	{ID: "quito-town-hall", Name: "The town hall of Quito", Kind: "in-kind"},
	{ID: "example-fund", Name: "Example Fund", Kind: "financial", Wording: "With the financial support of the Example Fund."},
	{ID: "example-archive", Name: "Example Film Archive", Kind: "footage", Wording: "Footage by courtesy of the Example Film Archive."},
}

// contributors fills the register.
func (d *demo) contributors(ctx context.Context) error {
	organizer := d.who(campaign.Organizer, "")
	for _, c := range demoContributors {
		if err := d.as(ctx, organizer, http.MethodPost, "/contributors", c, nil); err != nil {
			return err
		}
	}
	d.tell(inPlaceOfVisitor, organizer, "enters %s: in kind, in money with its exact wording, and footage by courtesy", count(len(demoContributors), "contributor"))
	return nil
}

// demoEntries answer the challenge of the youth, as the public does.
var demoEntries = []string{
	"“Pan”. The baker said it until I said it back. #MyFirstWord",
	"Mine was “doucement”, from the lady on the second floor. #myfirstword",
	"كلمتي الأولى كانت «جار» #MyFirstWord",
}

// answerChallenge plays the public: the daemon finds its answers when it is back.
func (d *demo) answerChallenge(ctx context.Context) error {
	const account = "neighbours"
	put := func(method, path string, v any) error {
		b, err := json.Marshal(v)
		if err != nil {
			return err
		}
		return d.wallCall(ctx, method, path, b, nil)
	}
	if err := put(http.MethodPut, "/v1/accounts/"+account, sandbox.Account{Title: "Neighbours", Like: "bluesky"}); err != nil {
		return err
	}
	for _, text := range demoEntries {
		if err := put(http.MethodPost, "/v1/admin/accounts/"+account+"/posts", sandbox.Draft{Text: text}); err != nil {
			return err
		}
	}
	d.tell(onPurpose, "", "neighbours answer the challenge under #MyFirstWord: %s", count(len(demoEntries), "post"))
	return nil
}

// demoConsent is the one that is withdrawn: of the teacher, whose words are
// queued and whose classroom is in sight already.
const demoConsent = "YOUTH-022"

func (d *demo) withdrawConsent(ctx context.Context) error {
	organizer := d.who(campaign.Organizer, "")
	var out desk.Withdrawn
	if err := d.as(ctx, organizer, http.MethodPost, "/consents/"+demoConsent+"/withdraw", nil, &out); err != nil {
		return err
	}
	var letters []desk.Letter
	if err := d.get(ctx, "/consents/"+demoConsent+"/letters", nil, &letters); err != nil {
		return err
	}
	d.tell(inPlaceOfVisitor, organizer, "withdraws the consent %s: %s cancelled, %d public and %d perhaps public listed with their links, %s drafted",
		demoConsent, count(len(out.Cancelled), "delivery"), len(out.Public), len(out.Perhaps), count(len(letters), "letter"))
	return nil
}

// demoRecap is the report of one window when all has ended.
type demoRecap struct {
	Window       campaign.TakeoverID `json:"window"`
	Planned      int                 `json:"planned"`
	Published    int                 `json:"published"`
	Credits      int                 `json:"credits"`
	Contributors int                 `json:"contributors"`
	Entries      int                 `json:"entries"`        // public answers to its challenges
	File         string              `json:"file,omitempty"` // the report as a page that stands alone, where the folder stays
}

// recaps are the reports of all windows, written into the demo's folder where
// that stays, and tells whose voices were heard.
func (d *demo) recaps(ctx context.Context, stays bool) ([]demoRecap, error) {
	rows, err := d.queue(ctx)
	if err != nil {
		return nil, err
	}
	var windows []campaign.TakeoverID
	for _, r := range rows {
		if r.Takeover != "" && !slices.Contains(windows, r.Takeover) {
			windows = append(windows, r.Takeover)
		}
	}
	slices.Sort(windows)
	out := []demoRecap{}
	for _, w := range windows {
		var r desk.Recap
		if err := d.get(ctx, "/windows/"+string(w)+"/report", nil, &r); err != nil {
			return nil, err
		}
		line := demoRecap{Window: w, Planned: r.Planned, Published: r.ByState[campaign.Published], Credits: len(r.Credits), Contributors: len(r.Contributors)}
		for _, e := range r.Entries {
			line.Entries += len(e.All)
		}
		if stays {
			var page bytes.Buffer
			if err := recap.HTML(&page, r); err != nil {
				return nil, err
			}
			line.File = filepath.Join(d.dir, "report-"+string(w)+".html")
			if err := writeWhole(line.File, page.Bytes()); err != nil {
				return nil, err
			}
			d.story.say("report: %s", line.File)
		}
		out = append(out, line)
	}
	var b campaign.Balance
	if err := d.get(ctx, "/balance", url.Values{"public": {"true"}}, &b); err != nil {
		return nil, err
	}
	d.story.say("voices: %s", voices(b))
	return out, nil
}

// voices is the balance in a line.
func voices(b campaign.Balance) string {
	var keys []string
	for _, k := range b.Keys {
		var shares []string
		for _, v := range k.Values {
			if v.Posts > 0 {
				shares = append(shares, fmt.Sprintf("%s %d", v.Value, v.Posts))
			}
		}
		keys = append(keys, k.Key+": "+strings.Join(shares, ", "))
	}
	return strings.Join(keys, "; ")
}
