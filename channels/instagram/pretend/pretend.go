// Package pretend is Instagram with one professional account, as its
// documentation and its users describe it: containers that take their time,
// publish once and end after a day; pictures that are fetched; quotas; and
// answers that blame somebody else behind a post that is public.
package pretend

import (
	"net/http"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/ittakesacommunity/takeover/internal/graph/pretendgraph"
)

// Account is the number of the one account, Page of the Page it is linked to.
const (
	Account = "17841400008460056"
	Page    = "104872345671234"
	name    = "thecampaign"
)

// Scopes are all that a token may hold.
var Scopes = []string{"instagram_basic", "instagram_content_publish", "instagram_manage_comments", "instagram_manage_contents", "pages_show_list", "pages_read_engagement",
	"instagram_business_basic", "instagram_business_content_publish", "instagram_business_manage_comments"}

// Server is Instagram with one account.
type Server struct{ *pretendgraph.Containers }

// New makes a server; now nil is the wall clock.
func New(now func() time.Time) *Server {
	s := &Server{pretendgraph.NewContainers(pretendgraph.New(now))}
	s.Handle("GET /{v}/dialog/oauth", "-", s.Dialog)
	s.Handle("GET /oauth/authorize", "-", s.Dialog)
	s.Handle("POST /{v}/oauth/access_token", "-", s.facebookToken)
	s.Handle("POST /oauth/access_token", "-", func(c *pretendgraph.Call) pretendgraph.Reply { return s.Short(c, Scopes, Account) })
	s.Handle("GET /access_token", "", func(c *pretendgraph.Call) pretendgraph.Reply { return s.Lengthen(c, "ig_exchange_token") })
	s.Handle("GET /refresh_access_token", "", func(c *pretendgraph.Call) pretendgraph.Reply { return s.Refresh(c, "ig_refresh_token") })
	s.Handle("POST /{$}", "", s.Debug)
	s.Handle("GET /{v}/me/accounts", "", s.accounts)
	s.Handle("GET /{v}/{id}", "", s.show)
	s.Handle("POST /{v}/{id}/media", "", s.stage)
	s.Handle("POST /{v}/{id}/media_publish", "", s.publish)
	s.Handle("POST /{v}/{id}/comments", "", s.comment)
	s.Handle("GET /{v}/{id}/comments", "", s.comments)
	s.Handle("GET /{v}/{id}/media", "", s.list)
	s.Handle("GET /{v}/{id}/content_publishing_limit", "", s.quota)
	s.Handle("DELETE /{v}/{id}", "instagram_manage_contents", s.remove)
	return s
}

func (s *Server) facebookToken(c *pretendgraph.Call) pretendgraph.Reply {
	kind := ""
	switch {
	case c.Text("grant_type") == "fb_exchange_token" && s.App(c):
		kind = "long"
	case s.Redeem(c):
		kind = "short"
	default:
		return pretendgraph.No(http.StatusBadRequest, 100, 36009, "This authorization code has been used.")
	}
	return pretendgraph.OK(map[string]any{"access_token": s.Grant(pretendgraph.Token{Kind: kind, Scopes: Scopes, Since: c.Now})})
}

func linked() map[string]string { return map[string]string{"id": Account, "username": name} }

func (s *Server) accounts(c *pretendgraph.Call) pretendgraph.Reply {
	token := s.Grant(pretendgraph.Token{Kind: "page", Scopes: Scopes, Since: c.Now})
	return pretendgraph.OK(map[string]any{"data": []any{map[string]any{"id": "1"}, map[string]any{"id": Page, "access_token": token, "instagram_business_account": linked()}}})
}

func (s *Server) show(c *pretendgraph.Call) pretendgraph.Reply {
	id := c.PathValue("id")
	if id == "me" {
		return pretendgraph.OK(map[string]any{"id": Page, "user_id": Account, "username": name, "instagram_business_account": linked()})
	}
	if id == Account {
		return pretendgraph.OK(linked())
	}
	if k := s.Find(id); k != nil {
		return pretendgraph.OK(map[string]string{"id": id, "status_code": s.State(k, c.Now), "status": s.Fails})
	}
	if k := s.Media(id); k != nil {
		out := shown(k)
		out["like_count"], out["comments_count"] = 5, 0
		return pretendgraph.OK(out)
	}
	return pretendgraph.No(http.StatusBadRequest, 100, 33, "Unsupported get request.")
}

func (s *Server) stage(c *pretendgraph.Call) pretendgraph.Reply {
	k := pretendgraph.Container{Kind: "IMAGE", Text: c.Text("caption"), Alt: c.Text("alt_text"), URL: c.Text("image_url"), Child: c.Is("is_carousel_item", false)}
	no := func(code, subcode int, message string) pretendgraph.Reply {
		return pretendgraph.No(http.StatusBadRequest, code, subcode, message)
	}
	switch {
	case c.PathValue("id") != Account:
		return no(100, 33, "Object does not exist")
	case len(utf16.Encode([]rune(k.Text))) > 2200:
		return no(36004, 2207010, "The caption was too long.")
	case c.Text("media_type") == "CAROUSEL":
		k.Kind = "CAROUSEL_ALBUM"
		for id := range strings.SplitSeq(c.Text("children"), ",") {
			child := s.Find(id)
			if child == nil || !child.Child {
				return no(100, 2207028, "Carousel validation failed")
			}
			k.Children = append(k.Children, child)
		}
		if n := len(k.Children); n < 2 || n > 10 {
			return no(100, 2207028, "Carousel validation failed")
		}
	case !s.Fetchable(k.URL):
		return no(9004, 2207052, "Only photo or video can be accepted as media type.")
	}
	return s.Stage(c, k)
}

func (s *Server) publish(c *pretendgraph.Call) pretendgraph.Reply {
	if s.Full() {
		return pretendgraph.No(http.StatusBadRequest, 9, 2207042, "The user has reached the maximum number of posts")
	}
	return s.Publish(c, pretendgraph.No(http.StatusBadRequest, 9007, 2207027, "Media ID is not available"),
		pretendgraph.No(http.StatusBadRequest, 24, 2207008, "The requested resource does not exist"))
}

func (s *Server) comment(c *pretendgraph.Call) pretendgraph.Reply {
	if s.Media(c.PathValue("id")) == nil {
		return pretendgraph.No(http.StatusBadRequest, 100, 33, "Object does not exist")
	}
	return s.Add(pretendgraph.Container{Kind: "COMMENT", Text: c.Text("message"), ReplyTo: c.PathValue("id")}, c.Now)
}

func shown(k *pretendgraph.Container) map[string]any {
	out := map[string]any{"id": k.MediaID, "media_type": k.Kind, "timestamp": k.At.UTC().Format("2006-01-02T15:04:05-0700"), "username": name}
	if k.Kind == "COMMENT" {
		out["text"] = k.Text
	} else {
		out["caption"], out["permalink"] = k.Text, "https://www.instagram.com/p/"+k.MediaID+"/"
	}
	return out
}

func (s *Server) data(fits func(*pretendgraph.Container) bool) pretendgraph.Reply {
	data := []any{}
	for _, k := range s.Newest(fits) {
		data = append(data, shown(k))
	}
	return pretendgraph.OK(map[string]any{"data": data})
}

func (s *Server) list(*pretendgraph.Call) pretendgraph.Reply {
	return s.data(func(k *pretendgraph.Container) bool { return k.Kind != "COMMENT" })
}

func (s *Server) comments(c *pretendgraph.Call) pretendgraph.Reply {
	return s.data(func(k *pretendgraph.Container) bool { return k.ReplyTo == c.PathValue("id") })
}

func (s *Server) quota(*pretendgraph.Call) pretendgraph.Reply {
	return pretendgraph.OK(map[string]any{"data": []any{map[string]any{"quota_usage": s.Used(), "config": map[string]int{"quota_total": s.Most, "quota_duration": 86400}}}})
}

func (s *Server) remove(c *pretendgraph.Call) pretendgraph.Reply {
	if s.Media(c.PathValue("id")) == nil {
		return pretendgraph.No(http.StatusBadRequest, 100, 33, "Object does not exist")
	}
	s.Remove(c.PathValue("id"))
	return pretendgraph.OK(map[string]bool{"success": true})
}
