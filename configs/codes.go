package configs

// Code documents one code of the findings about server and campaign files.
type Code struct {
	Code    string
	Meaning string
	Remedy  string
}

// Warning tells whether the code never stops a file from being used.
func (c Code) Warning() bool { return c.Code[0] == 'W' }

// Codes lists every code that ParseServer and ParseCampaign can give, in order.
func Codes() []Code {
	return []Code{
		{"C001", "server.base_url is not https", "write an https address, or one of this machine"},
		{"C003", "a public address without TLS", "listen on 127.0.0.1 behind a proxy, set server.domain, or say plain_http: true"},
		{"C004", "the key schema names another format", "write schema: " + ServerSchema + " or " + CampaignSchema},
		{"C005", "the file is too large, not UTF-8, not YAML, or uses anchors, aliases or tags", "mend it at the place"},
		{"C006", "a key is unknown, doubled or missing", "rename, remove or add it"},
		{"C007", "a value is of another kind or form than asked", "write it in the form that the finding shows"},
		{"C008", "server.domain cannot be had with that address", "listen where others reach it: listen: \":443\""},
		{"C022", "the key or the counter lies inside the data folder", "keep it outside, for example beside takeover.yaml"},
		{"C030", "the time zone or a language is unknown, or a required language is not one of the campaign's", "write an IANA name such as Europe/Brussels, a tag such as fr"},
		{"C040", "the platform is unknown, or this program cannot publish to it", "write one of the platforms that the finding names"},
		{"C041", "a secret stands in the file", "write {file: NAME} or {env: NAME}, and change the secret where it was issued"},
		{"C042", "a channel's languages are not separate, joined or first", "write one of the three"},
		{"W043", "daily_limit is above what the platform takes", "lower it, or write 0 for the platform's own"},
		{"C044", "an address is plain http or cannot be used", "write https, or allow_private: true for a machine of your own"},
		{"W045", "the person of a manual channel is not one of the people", "add them to people"},
		{"C046", "a channel's secret is named where this server does not let channels read", "put the file beside takeover.yaml, name the variable TAKEOVER_SECRET_…, or let the operator allow it under secrets"},
		{"C050", "a time that the calendar does not have, a window that ends before it begins, or a submit_by after it", "mend the time"},
		{"C051", "two windows overlap on a channel", "move one, take the channel out of one, or write shared: true in both"},
		{"C052", "a window names an unknown channel, or one twice", "write the name of a channel"},
		{"C053", "a window names an unknown mechanism", "write the id of a mechanism"},
		{"C054", "no_post_hours cover nothing", "write hours such as 23:00-06:00"},
		{"C060", "a policy has a value that it cannot take", "write one that the finding names"},
		{"C061", "a role, a deputy or the mechanism of a lead is unknown, or a person stands twice", "write a known role, person or mechanism; give one entry all roles"},
		{"C070", "the letters and the band of cards are too alike to be read", "write a darker band or a lighter ink"},
		{"C071", "the kit has templates for a window that there is not", "write the id of a window"},
		{"W061", "fewer people may approve than must", "give more people the role, or lower policies.approvals"},
	}
}
