package desk

import (
	"context"
	"fmt"

	"github.com/ittakesacommunity/takeover/campaign"
)

// Vouched is what a sign-in provider says of somebody, once its signature was
// checked.
type Vouched struct {
	Account    string // the provider and its own name for the account, which it never gives to another
	Mail       campaign.PersonID
	Verified   bool            // the provider has seen that the mail address is theirs
	TwoFactors bool            // the provider asked for two
	Granted    []campaign.Role // of its groups; only leads count
}

// SignInVouched trades what a provider says for a session's secret. The first
// account that comes with a person's mail address stays theirs: an address that
// the provider gives to somebody else later opens nothing. DisableUser forgets it.
func (d *Desk) SignInVouched(ctx context.Context, v Vouched, browser string) (token string, s Session, err error) {
	who := lowerMail(v.Mail)
	if !v.Verified || who == "" || v.Account == "" {
		return "", Session{}, fmt.Errorf("%w: the provider has not verified this mail address", campaign.ErrNotAllowed)
	}
	token, id := newSecret(), newID("s_")
	err = d.enter(ctx, func(r *room) error {
		k, err := r.credentials(who)
		if err != nil {
			return err
		}
		switch k.OpenID {
		case v.Account:
		case "":
			k.OpenID = v.Account
			if err := r.putCredentials(who, k); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%w: another account of the provider signs in with this mail address", campaign.ErrNotAllowed)
		}
		s = Session{ID: id, Person: who, How: "openid", Strong: v.TwoFactors, Browser: browser, Granted: v.Granted}
		return r.signIn(token, &s)
	})
	if err != nil {
		return "", Session{}, err
	}
	return token, s, nil
}
