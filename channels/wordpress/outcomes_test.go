package wordpress

import (
	"encoding/json"
	"html"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

// TestOutcomes holds the adapter against every recorded answer of a site.
func TestOutcomes(t *testing.T) {
	now := channeltest.Now()
	for _, tt := range channeltest.RecordedOf(t, "wordpress") {
		t.Run(tt.Case, func(t *testing.T) {
			a := tt.Answer()
			var e *channels.Error
			switch {
			case tt.First == "staged":
				var p post
				if json.Unmarshal(a.Body, &p) != nil || p.ID == 0 || p.Status != stateDraft {
					t.Errorf("%+v", p)
				}
				return
			case tt.Call == "stage":
				e = staging(opPrepare, a, nil, now)
			default:
				var p post
				p, e = outcome(a, nil, now)
				if tt.First == "published" {
					if e != nil || p.receipt("answer", now).RemoteID != tt.RemoteID {
						t.Errorf("%+v, %v", p, e)
					}
					return
				}
			}
			for _, word := range tt.Words() {
				tt.Check(t, e, word)
			}
		})
	}
}

func TestArticle(t *testing.T) {
	got := article("See https://example.org/a?b=1&c=(2), [gallery id=1]\n\n<script>alert(1)</script> (https://example.org/x).", "ar",
		[]picture{{url: `https://news.example/a"b.png`, alt: `"x" <b>`}})
	want := `<figure><img src="https://news.example/a&#34;b.png" alt="&#34;x&#34; &lt;b&gt;" /></figure>
<p lang="ar">See <a href="https://example.org/a?b=1&amp;c=(2)">https://example.org/a?b=1&amp;c=(2)</a>, &#91;gallery id=1&#93;</p>
<p lang="ar">&lt;script&gt;alert(1)&lt;/script&gt; (<a href="https://example.org/x">https://example.org/x</a>).</p>`
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

func TestNames(t *testing.T) {
	one, two := namesOf("d_1", "Dix ans, une communauté !"), namesOf("d_2", "Dix ans, une communauté !")
	if one.draft == two.draft || one.nice == two.nice || !strings.HasPrefix(one.nice, "dix-ans-une-communaute-") || one != namesOf("d_1", "Dix ans, une communauté !") {
		t.Errorf("%+v, %+v", one, two)
	}
	if n := namesOf("d_1", "十年"); n.nice == "" || strings.HasPrefix(n.nice, "-") || n.nice == n.draft {
		t.Errorf("%+v", n)
	}
}

// FuzzArticle: whatever a text holds, no tag of it reaches the page, and its
// words do.
func FuzzArticle(f *testing.F) {
	f.Add("a <b> https://example.org/?a=<x> [c] &amp; \"q\" https://x.example/)).")
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			t.Skip("such texts are not written")
		}
		title, body := channels.Titled(text, maxTitle)
		if utf8.RuneCountInString(title) > maxTitle {
			t.Errorf("title %q", title)
		}
		got := article(body, "", nil)
		rest := strings.NewReplacer("<p>", "", "</p>", "", "</a>", "").Replace(regexpHref.ReplaceAllString(got, ""))
		if strings.ContainsAny(rest, "<>[]") {
			t.Errorf("%q became %q", text, got)
		}
		if read := html.UnescapeString(rest); strings.Join(strings.Fields(read), " ") != strings.Join(strings.Fields(html.UnescapeString(html.EscapeString(body))), " ") {
			t.Errorf("%q is read as %q", body, read)
		}
	})
}

func FuzzAnswer(f *testing.F) {
	f.Add(200, `{"id":345,"status":"publish","slug":"x","link":"https://news.example/x/","date_gmt":"2026-12-18T09:00:00","content":{"raw":"x"}}`)
	f.Add(404, `{"code":"rest_post_invalid_id","message":"x","data":{"status":404}}`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		now := channeltest.Now()
		a := httpx.Answer{Reach: httpx.ReachAnswer, Status: status, Body: []byte(body), Whole: true}
		p, e := outcome(a, nil, now)
		switch {
		case e == nil:
			if r := p.receipt("answer", now); channels.SafeID(r.RemoteID) == "" || r.URL != channels.SafeLink(r.URL) {
				t.Errorf("receipt %+v", r)
			}
			p.differences(frozen{Fields: json.RawMessage(`{}`)})
		case status >= 500 && e.Fate != channels.InDoubt, len(e.Error()) > 500:
			t.Errorf("%d: %+v", status, e)
		}
	})
}
