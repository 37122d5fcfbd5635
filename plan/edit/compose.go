package edit

import (
	"fmt"

	"go.yaml.in/yaml/v4"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/plan"
)

// Beginning is what a plan that is written in a browser begins with.
type Beginning struct {
	Schema    string   `yaml:"schema"`
	Plan      string   `yaml:"plan"`
	Campaign  string   `yaml:"campaign"`
	Window    string   `yaml:"window"`
	Title     string   `yaml:"title"`
	Timezone  string   `yaml:"timezone"`
	Languages []string `yaml:"languages,flow"`
	Posts     []string `yaml:"posts"` // none yet
}

// Begin is a plan file without a post.
func Begin(b Beginning) ([]byte, error) {
	b.Schema = plan.Version
	return yaml.Marshal(b)
}

// NewPost is a message as somebody writes it in a browser.
type NewPost struct {
	ID       string            `yaml:"id"`
	Kind     campaign.Kind     `yaml:"kind"`
	At       string            `yaml:"at"` // local time of the plan's zone
	Channels []string          `yaml:"channels,flow,omitempty"`
	Text     map[string]string `yaml:"text"`
}

// AddPost adds a message to the end of the posts.
func AddPost(source []byte, x NewPost) ([]byte, error) {
	f, err := openFile(source)
	if err != nil {
		return nil, err
	}
	posts := child(f.root(), "posts")
	if posts == nil || posts.Kind != yaml.SequenceNode {
		return nil, fmt.Errorf("the plan has no list of posts")
	}
	if child(posts, x.ID) != nil {
		return nil, fmt.Errorf("there is a post %s already", x.ID)
	}
	x.Kind = campaign.Message
	posts.Style = 0 // "[]" while there was none
	return f.with(posts, x)
}

// NewPicture is a picture as somebody adds it in a browser.
type NewPicture struct {
	ID      string            `yaml:"-"`
	File    string            `yaml:"file"`
	Alt     map[string]string `yaml:"alt"`
	Credit  string            `yaml:"credit"`
	Licence string            `yaml:"licence"`
	Shows   string            `yaml:"shows"`
	Consent string            `yaml:"consent,omitempty"`
}

// AddPicture adds a picture to the plan, and to the end of those of a post.
func AddPicture(source []byte, post campaign.PostID, x NewPicture) ([]byte, error) {
	f, err := openFile(source)
	if err != nil {
		return nil, err
	}
	to := child(child(f.root(), "posts"), string(post))
	if to == nil {
		return nil, fmt.Errorf("there is no post %s", post)
	}
	var v yaml.Node
	if err := v.Encode(x); err != nil {
		return nil, err
	}
	put(made(f.root(), "media", yaml.MappingNode), x.ID, &v)
	return f.with(made(to, "images", yaml.SequenceNode), x.ID)
}

// with adds an item to a list and writes the file.
func (f file) with(list *yaml.Node, item any) ([]byte, error) {
	var v yaml.Node
	if err := v.Encode(item); err != nil {
		return nil, err
	}
	list.Content = append(list.Content, &v)
	return f.bytes()
}

// made is a key's map or list, put there where it is missing.
func made(m *yaml.Node, key string, kind yaml.Kind) *yaml.Node {
	if v := child(m, key); v != nil && v.Kind == kind {
		return v
	}
	v := &yaml.Node{Kind: kind}
	put(m, key, v)
	return v
}
