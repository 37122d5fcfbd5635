package channels

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
)

func TestForm(t *testing.T) {
	picture := []byte("picture")
	stored := map[campaign.Digest][]byte{campaign.DigestOf(picture): picture}
	env := Env{Media: func(d campaign.Digest) ([]byte, error) {
		if b, ok := stored[d]; ok {
			return b, nil
		}
		return nil, errors.New("none")
	}}
	fields := [][2]string{{"b", "ä\r\n--x"}, {"a", ""}}
	files := []File{{Field: "f0", Name: "picture.png", Type: "image/png", Digest: campaign.DigestOf(picture)}}
	one, contentType, err := env.Form("op", fields, files)
	if err != nil {
		t.Fatal(err)
	}
	two, _, _ := env.Form("op", fields, files)
	if !bytes.Equal(one, two) {
		t.Error("the same form has other bytes")
	}
	if other, _, _ := env.Form("op", fields[:1], files); bytes.Contains(one, other[:40]) {
		t.Error("another form has the same boundary")
	}
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatal(err)
	}
	r := multipart.NewReader(bytes.NewReader(one), params["boundary"])
	var got []string
	for {
		p, err := r.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(p)
		got = append(got, p.FormName()+"|"+p.FileName()+"|"+string(b))
	}
	if len(got) != 3 || got[0] != "b||ä\r\n--x" || got[1] != "a||" || got[2] != "f0|picture.png|picture" {
		t.Errorf("%q", got)
	}
	stored[files[0].Digest] = []byte("another")
	var e *Error
	if _, _, err := env.Form("op", fields, files); !errors.As(err, &e) || e.Fate != NotSent || e.Scope != ScopeContent {
		t.Errorf("a picture that is not the approved one: %v", err)
	}
}
