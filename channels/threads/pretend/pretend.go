// Package pretend is Threads with one account, as its documentation and its
// users describe it: containers that take their time, publish once and end
// after a day; replies; pictures that are fetched; quotas; and answers that
// blame somebody else behind a post that is public.
package pretend

import (
	"net/http"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/internal/graph/pretendgraph"
	"github.com/ittakesacommunity/takeover/internal/measure"
)

// Account is the number of the one account.
const (
	Account = "24111111111111111"
	name    = "thecampaign"
)

// Scopes are all that a token may hold.
var Scopes = []string{"threads_basic", "threads_content_publish", "threads_delete", "threads_manage_replies", "threads_read_replies", "threads_manage_insights"}

// Server is Threads with one account.
type Server struct {
	*pretendgraph.Containers
	// MostReplies is how many replies the account may publish.
	MostReplies int
}

// New makes a server; now nil is the wall clock.
func New(now func() time.Time) *Server {
	s := &Server{pretendgraph.NewContainers(pretendgraph.New(now)), 1000}
	s.Handle("GET /oauth/authorize", "-", s.Dialog)
	s.Handle("POST /oauth/access_token", "-", func(c *pretendgraph.Call) pretendgraph.Reply { return s.Short(c, Scopes, Account) })
	s.Handle("GET /access_token", "", func(c *pretendgraph.Call) pretendgraph.Reply { return s.Lengthen(c, "th_exchange_token") })
	s.Handle("GET /refresh_access_token", "", func(c *pretendgraph.Call) pretendgraph.Reply { return s.Refresh(c, "th_refresh_token") })
	s.Handle("GET /{v}/{id}", "threads_basic", s.show)
	s.Handle("POST /{v}/{id}/threads", "threads_content_publish", s.stage)
	s.Handle("POST /{v}/{id}/threads_publish", "threads_content_publish", s.publish)
	s.Handle("GET /{v}/{id}/threads", "threads_basic", func(*pretendgraph.Call) pretendgraph.Reply {
		return s.list(func(k *pretendgraph.Container) bool { return k.ReplyTo == "" })
	})
	s.Handle("GET /{v}/{id}/replies", "threads_read_replies", func(*pretendgraph.Call) pretendgraph.Reply {
		return s.list(func(k *pretendgraph.Container) bool { return k.ReplyTo != "" })
	})
	s.Handle("GET /{v}/{id}/threads_publishing_limit", "threads_basic", s.quota)
	s.Handle("GET /{v}/{id}/insights", "threads_manage_insights", s.insights)
	s.Handle("DELETE /{v}/{id}", "threads_delete", s.remove)
	return s
}

func no(code, subcode int, message string) pretendgraph.Reply {
	return pretendgraph.No(http.StatusBadRequest, code, subcode, message)
}

func hidden() pretendgraph.Reply { return no(100, 33, "Object does not exist") }

func (s *Server) show(c *pretendgraph.Call) pretendgraph.Reply {
	id := c.PathValue("id")
	if id == "me" || id == Account {
		return pretendgraph.OK(map[string]string{"id": Account, "username": name})
	}
	if k := s.Find(id); k != nil {
		return pretendgraph.OK(map[string]string{"id": id, "status": s.State(k, c.Now), "error_message": s.Fails})
	}
	if k := s.Media(id); k != nil {
		return pretendgraph.OK(shown(k))
	}
	return hidden()
}

func (s *Server) stage(c *pretendgraph.Call) pretendgraph.Reply {
	k := pretendgraph.Container{Kind: c.Text("media_type"), Text: c.Text("text"), Alt: c.Text("alt_text"), URL: c.Text("image_url"), Link: c.Text("link_attachment"),
		ReplyTo: c.Text("reply_to_id"), Control: c.Text("reply_control"), Child: c.Is("is_carousel_item", false)}
	poll, _ := c.Fields["poll_attachment"].(map[string]any)
	for _, key := range []string{"option_a", "option_b", "option_c", "option_d"} {
		if o, ok := poll[key].(string); ok {
			k.Options = append(k.Options, o)
		}
	}
	long, _ := measure.Threads(k.Text)
	switch {
	case c.PathValue("id") != Account:
		return hidden()
	case long > 500:
		return no(100, 0, "Param text must be at most 500 characters long.")
	case c.Is("auto_publish_text", false), k.Kind != "TEXT" && (k.Link != "" || poll != nil), poll != nil && len(k.Options) < 2:
		return no(100, 0, "Invalid parameter")
	case k.ReplyTo != "" && s.Media(k.ReplyTo) == nil:
		return no(100, 0, "Invalid parameter: reply_to_id")
	}
	switch k.Kind {
	case "TEXT":
		k.Kind = "TEXT_POST"
		if strings.TrimSpace(k.Text) == "" {
			return no(100, 0, "The parameter text is required.")
		}
	case "IMAGE":
		if !s.Fetchable(k.URL) {
			return no(9004, 2207052, "The media could not be fetched from this URI.")
		}
	case "CAROUSEL":
		k.Kind = "CAROUSEL_ALBUM"
		for id := range strings.SplitSeq(c.Text("children"), ",") {
			child := s.Find(id)
			if child == nil || !child.Child {
				return no(100, 0, "Invalid parameter: children")
			}
			k.Children = append(k.Children, child)
		}
		if n := len(k.Children); n < 2 || n > 20 {
			return no(100, 0, "Invalid parameter: children")
		}
	default:
		return no(100, 0, "Invalid parameter: media_type")
	}
	return s.Stage(c, k)
}

func (s *Server) publish(c *pretendgraph.Call) pretendgraph.Reply {
	if s.Full() {
		return no(4, 0, "The account reached its limit of posts")
	}
	return s.Publish(c, no(24, 4279009, "Media not found"), no(24, 4279009, "The requested resource does not exist"))
}

func shown(k *pretendgraph.Container) map[string]any {
	return map[string]any{"id": k.MediaID, "media_type": k.Kind, "text": k.Text, "timestamp": k.At.UTC().Format("2006-01-02T15:04:05-0700"), "username": name,
		"permalink": "https://www.threads.net/@" + name + "/post/" + k.MediaID, "is_reply": k.ReplyTo != ""}
}

func (s *Server) list(fits func(*pretendgraph.Container) bool) pretendgraph.Reply {
	data := []any{}
	for _, k := range s.Newest(fits) {
		data = append(data, shown(k))
	}
	return pretendgraph.OK(map[string]any{"data": data})
}

func (s *Server) quota(*pretendgraph.Call) pretendgraph.Reply {
	replies := len(s.Newest(func(k *pretendgraph.Container) bool { return k.ReplyTo != "" }))
	window := func(total int) map[string]int { return map[string]int{"quota_total": total, "quota_duration": 86400} }
	return pretendgraph.OK(map[string]any{"data": []any{map[string]any{"quota_usage": s.Used() - replies, "config": window(s.Most),
		"reply_quota_usage": replies, "reply_config": window(s.MostReplies)}}})
}

func (s *Server) insights(c *pretendgraph.Call) pretendgraph.Reply {
	if s.Media(c.PathValue("id")) == nil {
		return hidden()
	}
	data := []any{}
	for i, metric := range strings.Split(c.URL.Query().Get("metric"), ",") {
		data = append(data, map[string]any{"name": metric, "period": "lifetime", "values": []any{map[string]int{"value": i}}})
	}
	return pretendgraph.OK(map[string]any{"data": data})
}

func (s *Server) remove(c *pretendgraph.Call) pretendgraph.Reply {
	id := c.PathValue("id")
	if s.Media(id) == nil {
		return hidden()
	}
	s.Remove(id)
	return pretendgraph.OK(map[string]any{"success": true, "deleted_id": id})
}
