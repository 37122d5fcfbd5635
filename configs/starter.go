package configs

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
)

// StarterCampaign writes the campaign.yaml that `takeover init` begins with:
// every key stands in it with its default or behind a "#", one sandbox channel
// needs no account, and the person of the mail address may do everything.
func StarterCampaign(id, title, zone, mail string) []byte {
	return []byte(fmt.Sprintf(starter, quoted(id), quoted(title), quoted(zone), quoted(mail)))
}

const starter = `# campaign.yaml: what is lent to whom and when. "takeover campaign apply
# campaign.yaml" shows what would change and applies it; afterwards pages and
# commands edit the store, and "takeover campaign export" writes it back.
schema: takeover/campaign-v1

campaign:
  id: %s                               # a-z 0-9 -, at most 64
  title: %s
  timezone: %s                         # IANA name; zone of every time here and the default of plans
  languages: [en]                      # BCP 47; what posts may be written in
  required_languages: []               # a post without these is a warning; default: none

# The groups that take over. The mechanism with the id organizers is the
# organizers themselves: its windows may lie beside anybody's.
mechanisms:
  organizers: {title: "Organizers", colour: "#2B6CB0"}
  # mayors: {title: "Mayors Mechanism", colour: "#2F855A"}   # colour may be left out

# Accounts. Secrets are never written here: {file: …}, {env: …}, or
# "takeover channel connect".
channels:
  sandbox:
    platform: sandbox                  # x mastodon bluesky facebook instagram threads linkedin telegram discord youtube tiktok wordpress email webhook manual sandbox
    like: mastodon                     # sandbox only: the platform whose limits it takes over
    handle: "@sandbox"                 # what people call the account
    # account: sandbox                 # remote account id; default: from handle, server, page, …
    languages: separate                # separate, joined or first; default separate
    daily_limit: 0                     # posts a local day; default 0 leaves it to the platform
    min_gap: 0s                        # time between two posts of the account; default 0s
    paused: false                      # true keeps it from sending; default false
    # base_url: "http://127.0.0.1:8090"   # another address of the same API; default: the platform's own
    allow_private: true                # loopback, private addresses and plain http; default false
  # mastodon-main: {platform: mastodon, server: "https://social.example", handle: "@us", token: {file: mastodon.token}}
  # telegram-news: {platform: telegram, chat: "@us", token: {file: telegram.token}}
  # partner-site: {platform: webhook, url: "https://partner.example/hook", secret: {file: partner.secret}, receiver_dedupes: true}
  # city-account: {platform: manual, person: lead@mayors.example}

# Who may use which channels when: from inclusive, to exclusive, local times.
windows: {}
#  mayors-dec:
#    mechanism: mayors
#    from: "2026-12-14T00:00"
#    to: "2026-12-21T00:00"
#    channels: [sandbox]
#    submit_by: "2026-12-11T18:00"     # later changes are marked late; default: to
#    no_post_hours: ["23:00-06:00"]    # nothing leaves then; default: none
#    daily_limit: 12                   # posts a day and channel; default 0: no limit of its own
#    shared: false                     # others may hold the same channels, if theirs is shared, too; default false
#    revoked: false                    # the grant was taken back; default false

# Roles: viewer, lead:<mechanism>, approver, organizer, operator.
people:
  - {mail: %s, roles: [organizer, operator], disabled: false}   # disabled: default false
  # - {mail: second@campaign.example, roles: [approver], deputy: third@campaign.example}

# The consent register; roles only, no names.
consents: {}
#  MAYORS-017: {shows: "a nurse in Quito", scope: [web, social], languages: [en], platforms: [x, mastodon], until: "2027-12-31", guardian: false, withdrawn: false, forgotten: false}

# What the balance of voices counts: keys and the values that plans may use.
tags: {}
#  region: [africa, americas, arab-states, asia-pacific, europe]

# What was agreed for their shares, in percent of the posts that say anything: a note, never a barrier.
balance: {}
#  region: {africa: 20-40}

# How the campaign looks and speaks: colours of quote cards, hashtags of plans that say none, texts that
# plans use as {phrase:welcome}. What is queued keeps the kit that it was made with.
kit: {}
#  band: "#121F3A"
#  ink: "#FFFFFF"
#  logo: <64 hex digits>   # of the picture on quote cards; the kit's page takes it and fills this in
#  hashtags: ["#ItTakesACommunity"]
#  phrases: {welcome: {en: "Everyone belongs."}}
#  credits: {archive: "Photo: Example Archive"}   # media of plans name it: credit: "{credit:archive}"
#  templates: {mayors-dec: {quote: {en: "“{quote}” {hashtags}"}}}   # posts of the window use it: text: "{template}"
#  fonts: [{file: <64 hex digits>, name: Example Sans, licence: OFL-1.1}]   # the kit's page takes the file

# The campaign's choices, each with its default.
policies:
  approvals: 1                         # people who must approve: 0, 1 or 2 (two different people)
  two_person: true                     # an author cannot approve own content
  min_lead: 10m                        # earliest send after submission
  alt_text: required                   # required, warn or off
  consent: required                    # required, warn or off
  on_restart_late: send                # what was due while the daemon was down: send, skip or ask
  who_may_stop: [organizer, approver, lead]   # any one of them; a lead stops the own take-over
  anchor_moves: 2h                     # a livestream may move this far without a new approval
  max_occurrences: 200                 # of one cron series
`

// Sandboxed is the campaign with a sandbox like the real one in every
// channel's place, at the address of a running sandbox: a rehearsal that needs
// no account and no secret.
func Sandboxed(c campaign.Campaign, baseURL string) campaign.Campaign {
	c = c.Clone()
	for id, ch := range c.Channels {
		if ch.Platform != "sandbox" {
			ch.Like, ch.Platform = ch.Platform, "sandbox"
			ch.Settings = map[string]string{"base_url": baseURL, "allow_private": "true"}
			ch.Account = accountOf(ch)
		}
		c.Channels[id] = ch
	}
	return c
}

// SandboxedFile does the same to the text of a campaign file whose channels are
// written one key a line, as the examples are; comments stay.
func SandboxedFile(src []byte, baseURL string) []byte {
	var b strings.Builder
	section, platform := "", ""
	for line := range strings.Lines(string(src)) {
		if top := topKey.FindStringSubmatch(line); top != nil {
			section = top[1]
		}
		key := channelKey.FindStringSubmatch(line)
		if section != "channels" || key == nil {
			b.WriteString(line)
			continue
		}
		if key[1] == "platform" {
			platform = key[2]
			fmt.Fprintf(&b, "    platform: sandbox\n    like: %s\n    base_url: %s\n    allow_private: true\n", platform, quoted(baseURL))
			continue
		}
		if _, own := settingsOf(platform)[key[1]]; !own {
			b.WriteString(line)
		}
	}
	return []byte(b.String())
}

var (
	topKey     = regexp.MustCompile(`^([a-z_]+):`)
	channelKey = regexp.MustCompile(`^    ([a-z_]+): *([^ #\n]*)`)
)
