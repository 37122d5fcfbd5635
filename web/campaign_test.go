package web

import (
	"net/http"
	"strings"
	"testing"
)

// Who may not apply a campaign is told so, not what is wrong with a file.
func TestPermissionComesBeforeFindings(t *testing.T) {
	w := newWorld(t)
	broken := CampaignFile{File: "campaign.yaml", Source: "campaign: {id: itac}\nchannels: {x: {platform: none}}\n"}
	var p Problem
	w.ask("lead@mayors.example", "PUT", "/campaign", broken, http.StatusForbidden, &p)
	if p.Code != "not_allowed" || p.Answer != nil {
		t.Errorf("%+v", p)
	}
	w.ask("desk@campaign.example", "PUT", "/campaign", broken, http.StatusUnprocessableEntity, &p)
	if p.Code != "findings" || p.Answer == nil {
		t.Errorf("%+v", p)
	}
}

// A difference speaks the words of campaign.yaml, whatever made it.
func TestCampaignChangesInTheWordsOfTheFile(t *testing.T) {
	w := newWorld(t)
	said := func(method, path string, in any, want ...string) {
		t.Helper()
		var out CampaignChange
		w.ask("desk@campaign.example", method, path, in, http.StatusOK, &out)
		var got []string
		for _, c := range out.Changes {
			got = append(got, c.String())
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s %s:\n%s\nwant:\n%s", method, path, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	file := strings.Replace(campaignFile, "  - {mail: second", "  - {mail: third@campaign.example, roles: [viewer]}\n  - {mail: second", 1) + "policies: {min_lead: 20m}\n"
	said("PUT", "/campaign?dry_run=true", CampaignFile{File: "campaign.yaml", Source: file},
		"+ people.third@campaign.example: {mail: third@campaign.example, roles: [viewer]}", "~ policies.min_lead: 10m → 20m")
	said("POST", "/windows/mayors-dec/extend", map[string]string{"to": "2026-12-20T23:00:00Z"})
	said("POST", "/windows/mayors-dec/extend", map[string]string{"to": "2026-12-20T11:00:00Z"},
		"~ windows.mayors-dec.to: 2026-12-21T00:00:00+01:00 → 2026-12-20T12:00:00+01:00")
	said("POST", "/channels/wall/pause", map[string]bool{"paused": true}, "+ channels.wall.paused: true")
}
