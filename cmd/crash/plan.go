package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/web"
)

// planned is a plan of one round.
type planned struct {
	id, source string
	picture    []byte
	due        time.Time
	want       []place
	byCommand  bool // it comes in by the command line, not by the API
}

// textOf is the text of a post; no other has it.
func textOf(plan, post string) string { return fmt.Sprintf("This is post %s of plan %s.", post, plan) }

// plan makes the plan of a round: three posts on every channel, one with a
// picture, due in a second that begins at least ahead from now.
func (k *killing) plan(n int, b blow, ahead time.Duration) planned {
	due := time.Now().Add(ahead + time.Second - time.Nanosecond).Truncate(time.Second)
	p := planned{id: fmt.Sprintf("r%04d", n), due: due, byCommand: n%6 == 5, picture: square(n)}
	var posts []planPost
	for i := range 3 {
		post := planPost{id: fmt.Sprintf("p%d", i), due: due, picture: i == 0}
		post.text = textOf(p.id, post.id)
		for _, c := range worldChannels {
			if c == boxTwins && (b.channel != boxTwins || i > 0) {
				continue // see blows.channel
			}
			post.channels = append(post.channels, c)
			p.want = append(p.want, place{c, post.text})
		}
		posts = append(posts, post)
	}
	p.source = planFile(p.id, posts)
	return p
}

// square is a picture whose colour depends on n.
func square(n int) []byte {
	img := image.NewRGBA(image.Rect(0, 0, 32, 32))
	c := color.RGBA{uint8(n), uint8(n >> 8), 0x80, 0xff}
	draw.Draw(img, img.Bounds(), &image.Uniform{c}, image.Point{}, draw.Src)
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic("crash: " + err.Error()) // it is written to memory
	}
	return b.Bytes()
}

// bringInSoon brings the plan of a round in, due at least ahead from now, or
// later where this machine is too busy for that.
func (k *killing) bringInSoon(ctx context.Context, n int, b blow, ahead time.Duration) (planned, error) {
	for ; ; ahead *= 4 {
		p := k.plan(n, b, ahead)
		err := k.bringIn(ctx, p)
		if err == nil || ahead > 10*time.Second || !strings.Contains(err.Error(), "is in the past") {
			return p, err
		}
	}
}

// bringIn hands the plan in as its lead and approves it. Doing it again after
// a crash changes nothing.
func (k *killing) bringIn(ctx context.Context, p planned) error {
	if err := k.submit(ctx, p); err != nil {
		return err
	}
	if err := k.approve(ctx, p); err != nil {
		return err
	}
	k.want = append(k.want, p.want...)
	return nil
}

func (k *killing) submit(ctx context.Context, p planned) error {
	if p.byCommand {
		file := filepath.Join(k.dir, p.id+".yaml")
		for name, content := range map[string][]byte{file: []byte(p.source), filepath.Join(k.dir, pictureFile): p.picture} {
			if err := os.WriteFile(name, content, 0o600); err != nil {
				return err
			}
		}
		_, err := k.command(ctx, "plan", "submit", file, "--as", lead, "--quiet")
		return err
	}
	var kept struct {
		Digest campaign.Digest `json:"digest"`
	}
	if err := k.ask(ctx, lead, http.MethodPost, "/media", p.picture, &kept); err != nil {
		return err
	}
	in := web.Submission{File: p.id + ".yaml", Source: p.source, Media: map[string]campaign.Digest{pictureFile: kept.Digest}}
	return k.ask(ctx, lead, http.MethodPost, "/plans", in, nil)
}

func (k *killing) approve(ctx context.Context, p planned) error {
	if p.byCommand {
		_, err := k.command(ctx, "approve", "--plan", p.id, "-o", "json")
		return err
	}
	return k.ask(ctx, organizer, http.MethodPost, "/approve", map[string]string{"plan": p.id}, nil)
}
