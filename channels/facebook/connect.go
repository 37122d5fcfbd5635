package facebook

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/graph"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// scopes are what publishing, commenting, reading back and deleting need, no more.
var scopes = []string{"pages_show_list", "pages_read_engagement", "pages_manage_posts", "pages_manage_engagement"}

// taskCreate is what the person must be allowed on the Page.
const taskCreate = "CREATE_CONTENT"

// page is what the Page shows of itself.
type page struct {
	ID   graph.ID `json:"id"`
	Name string   `json:"name"`
	User string   `json:"username"`
	Link string   `json:"link"`
}

// Begin asks a person who works on the Page to agree.
func (c *Channel) Begin(_ context.Context, redirect string) (channels.Invitation, error) {
	return c.app.Begin(c.graph.Host(), redirect)
}

// Finish ends with the Page's own token, which does not end by itself because
// it is made of a person's long one.
func (c *Channel) Finish(ctx context.Context, begun secret.String, answers map[string]secret.String) (secret.String, campaign.Account, error) {
	none := func(err error) (secret.String, campaign.Account, error) {
		return secret.String{}, campaign.Account{}, err
	}
	got, err := c.app.Finish(c.graph.Host(), begun, answers)
	if err != nil {
		return none(err)
	}
	token := got.Token
	var lacks []string
	if token.Empty() {
		if token, lacks, err = c.pageToken(ctx, got); err != nil {
			return none(err)
		}
	}
	account, err := c.inspect(ctx, token)
	if err != nil {
		return none(err)
	}
	account.Missing = append(account.Missing, lacks...)
	sealed, err := graph.Kept{Host: c.graph.Host(), Token: token.Reveal(), ID: c.cfg.Page, Since: c.env.Now(), Until: account.Expires}.Seal()
	return sealed, account, err
}

// pageToken goes from the code to the token of the channel's Page; lacks is
// what the person may not do there.
func (c *Channel) pageToken(ctx context.Context, got graph.Answer) (token secret.String, lacks []string, err error) {
	pages, err := c.app.Pages(ctx, c.graph, got, "id,name,access_token,tasks")
	if err != nil {
		return token, nil, err
	}
	i := slices.IndexFunc(pages, func(p graph.Page) bool { return string(p.ID) == c.cfg.Page })
	if i < 0 {
		return token, nil, channels.Unsent(opConnect, channels.ScopeChannel, fmt.Errorf("whoever agreed did not let us work on the Page %s; begin anew and choose it", c.cfg.Page))
	}
	if token, err = (graph.Grant{AccessToken: pages[i].Token}).Token(opConnect); err != nil {
		return token, nil, err
	}
	if !slices.Contains(pages[i].Tasks, taskCreate) {
		lacks = []string{taskCreate}
	}
	return token, lacks, nil
}

// Revoke ends nothing: a Page's token ends where the person removes the app.
func (c *Channel) Revoke(context.Context, secret.String) error {
	return channels.Unsent(opConnect, channels.ScopeChannel, errors.New("a Page's token ends where it was given: remove the app under Settings, Business integrations"))
}

// Inspect asks whose token it is, what it may do and until when.
func (c *Channel) Inspect(ctx context.Context) (campaign.Account, error) {
	_, token, err := c.tokens.Take(ctx)
	if err != nil {
		return campaign.Account{}, err
	}
	return c.inspect(ctx, token)
}

func (c *Channel) inspect(ctx context.Context, token secret.String) (campaign.Account, error) {
	var p page
	err := c.graph.Do(ctx, graph.Call{Op: opToken, Token: token, Path: []string{c.cfg.Page}, Query: url.Values{"fields": {"id,name,username,link"}}}, &p)
	if err != nil {
		return campaign.Account{}, err
	}
	if string(p.ID) != c.cfg.Page {
		return campaign.Account{}, channels.Unsent(opToken, channels.ScopeChannel, errors.New("the token is not for this Page"))
	}
	said, err := c.graph.Debug(ctx, opToken, token)
	if err != nil {
		return campaign.Account{}, err
	}
	if !said.Valid {
		return campaign.Account{}, channels.Unsent(opToken, channels.ScopeChannel, fmt.Errorf("the token is not valid any more: %w", channels.ErrNotConnected))
	}
	a := campaign.Account{ID: c.cfg.Page, Handle: channels.SafeID(p.User), Name: httpx.Redact(p.Name), URL: channels.SafeLink(p.Link), Server: "Facebook " + c.cfg.Version,
		Rights: said.Scopes, Missing: graph.Missing(scopes, said.Scopes), Expires: said.Expires}
	if a.Handle == "" {
		a.Handle = c.cfg.Page
	}
	return a, nil
}
