package channels

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
)

// fakeChannel keeps what it was opened with.
type fakeChannel struct {
	Channel
	env    Env
	config campaign.Channel
}

func testRegistry(opens *atomic.Int32) *Registry {
	return NewRegistry([]Platform{
		{Name: "good", Open: func(_ campaign.ChannelID, c campaign.Channel, env Env) (Channel, error) {
			opens.Add(1)
			return &fakeChannel{env: env, config: c}, nil
		}},
		{Name: "bad", Open: func(campaign.ChannelID, campaign.Channel, Env) (Channel, error) {
			opens.Add(1)
			return nil, errors.New("url: it is missing")
		}},
	}, Env{Handover: "here"})
}

func testCampaign(change func(*campaign.Channel)) *campaign.Campaign {
	ch := campaign.Channel{Platform: "good", Account: "a", Settings: map[string]string{"url": "https://x.example/"}}
	if change != nil {
		change(&ch)
	}
	return &campaign.Campaign{ID: "itac", Channels: map[campaign.ChannelID]campaign.Channel{
		"main": ch, "broken": {Platform: "bad"}, "strange": {Platform: "myspace"},
	}}
}

func TestRegistryOpensAgainWhenTheConfigurationChanges(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*campaign.Channel)
		opens  int32
	}{
		{"nothing", nil, 1},
		{"paused", func(c *campaign.Channel) { c.Paused = true }, 1},
		{"quota and gap", func(c *campaign.Channel) { c.DailyLimit, c.MinGap = 3, 7 }, 1},
		{"another address", func(c *campaign.Channel) { c.Settings = map[string]string{"url": "https://y.example/"} }, 2},
		{"a setting more", func(c *campaign.Channel) { c.Settings["allow_private"] = "true" }, 2},
		{"another account", func(c *campaign.Channel) { c.Account = "b" }, 2},
		{"another like", func(c *campaign.Channel) { c.Like = "x" }, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var opens atomic.Int32
			r := testRegistry(&opens)
			first, err := r.Channel(testCampaign(nil), "main")
			if err != nil {
				t.Fatal(err)
			}
			second, err := r.Channel(testCampaign(tt.change), "main")
			if err != nil || opens.Load() != tt.opens || (first == second) != (tt.opens == 1) {
				t.Errorf("opened %d times, want %d; %v", opens.Load(), tt.opens, err)
			}
		})
	}
}

func TestRegistryLendsTheCampaign(t *testing.T) {
	var opens atomic.Int32
	r, c := testRegistry(&opens), testCampaign(nil)
	ch, err := r.Channel(c, "main")
	if err != nil {
		t.Fatal(err)
	}
	got := ch.(*fakeChannel)
	if got.env.Campaign != "itac" || got.env.Handover != "here" {
		t.Errorf("env %+v", got.env)
	}
	got.config.Settings["url"] = "changed by the adapter"
	if c.Channels["main"].Settings["url"] != "https://x.example/" {
		t.Error("an adapter can change the campaign")
	}
	if again, _ := r.Channel(c, "main"); again != ch {
		t.Error("what an adapter does to its copy opens it again")
	}
	other := testCampaign(nil)
	other.ID = "other"
	if second, _ := r.Channel(other, "main"); second.(*fakeChannel).env.Campaign != "other" {
		t.Error("another campaign got this one's channel")
	}
	if again, _ := r.Channel(c, "main"); again != ch {
		t.Error("two campaigns take turns in opening it")
	}
}

func TestRegistrySaysWhatIsWrong(t *testing.T) {
	var opens atomic.Int32
	r := testRegistry(&opens)
	for id, want := range map[campaign.ChannelID]string{
		"broken": "channel broken: url: it is missing", "strange": `unknown platform "myspace"; known are bad, good`, "none": "no channel none",
	} {
		if _, err := r.Channel(testCampaign(nil), id); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", id, err, want)
		}
	}
}

func TestRegistryFacts(t *testing.T) {
	r := NewRegistry(nil, Env{})
	if f, ok := r.Facts(campaign.Channel{Platform: "sandbox", Like: "bluesky"}); !ok || f.Name != "bluesky" {
		t.Errorf("facts of a sandbox like bluesky: %s, %v", f.Name, ok)
	}
	if _, ok := r.Facts(campaign.Channel{Platform: "myspace"}); ok {
		t.Error("an unknown platform has facts")
	}
}

func TestRegistryMayBeSharedByMany(t *testing.T) {
	var opens atomic.Int32
	r := testRegistry(&opens)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				if _, err := r.Channel(testCampaign(nil), "main"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if n := opens.Load(); n != 1 {
		t.Errorf("opened %d times", n)
	}
}
