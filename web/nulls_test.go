package web

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/ittakesacommunity/takeover/campaign"
)

// answers are the types of everything that the API answers with or takes.
func answers(w *world) []reflect.Type {
	a := humago.New(http.NewServeMux(), apiConfig("test"))
	w.register(a, true)
	var types []reflect.Type
	reg := a.OpenAPI().Components.Schemas
	for name := range reg.Map() {
		if t := reg.TypeFromRef("#/components/schemas/" + name); t != nil {
			types = append(types, t)
		}
	}
	return types
}

// filled is a value of the type with every duration at four hours, one element
// in every list if deep, and nothing in them otherwise.
func filled(t reflect.Type, deep int) reflect.Value {
	v := reflect.New(t).Elem()
	switch {
	case t == reflect.TypeFor[time.Duration]():
		v.SetInt(int64(4 * time.Hour))
	case t == reflect.TypeFor[time.Time](), t == reflect.TypeFor[json.RawMessage]():
	case t.Kind() == reflect.Struct:
		for i := range t.NumField() {
			if t.Field(i).IsExported() {
				v.Field(i).Set(filled(t.Field(i).Type, deep))
			}
		}
	case deep == 0:
	case t.Kind() == reflect.Pointer:
		v.Set(reflect.New(t.Elem()))
		v.Elem().Set(filled(t.Elem(), deep-1))
	case t.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(t, 1, 1))
		v.Index(0).Set(filled(t.Elem(), deep-1))
	case t.Kind() == reflect.Map:
		v.Set(reflect.MakeMap(t))
		v.SetMapIndex(filled(t.Key(), deep-1), filled(t.Elem(), deep-1))
	}
	return v
}

func TestAnswersHaveNoNullsAndNoNanoseconds(t *testing.T) {
	types := answers(newWorld(t))
	if len(types) < 30 {
		t.Fatalf("only %d types", len(types))
	}
	for _, typ := range types {
		if typ == reflect.TypeFor[huma.ErrorModel]() || typ == reflect.TypeFor[campaign.Poll]() {
			continue // not ours to fill; a poll is never without options
		}
		for deep := range 5 {
			b, err := json.Marshal(WithoutNulls(filled(typ, deep).Interface()))
			if err != nil {
				t.Errorf("%s: %v", typ, err)
			}
			if strings.Contains(strings.ReplaceAll(string(b), `"poll":{"options":null,`, ""), "null") {
				t.Errorf("%s has a null: %s", typ, b)
			}
			if strings.Contains(string(b), "14400000000000") {
				t.Errorf("%s counts nanoseconds: %s", typ, b)
			}
		}
	}
}

func TestWithoutNullsLeavesWhatIsSharedAlone(t *testing.T) {
	type inner struct{ List []string }
	type outer struct {
		In   []inner
		Of   map[string]inner
		To   *inner
		Raw  json.RawMessage `json:",omitempty"`
		Skip []int           `json:"-"`
	}
	shared := outer{In: []inner{{}}, Of: map[string]inner{"a": {}}, To: &inner{}}
	got := WithoutNulls(shared)
	b, err := json.Marshal(got)
	if want := `{"In":[{"List":[]}],"Of":{"a":{"List":[]}},"To":{"List":[]}}`; err != nil || string(b) != want {
		t.Errorf("%s, %v", b, err)
	}
	if shared.In[0].List != nil || shared.Of["a"].List != nil || shared.To.List != nil || got.Skip != nil {
		t.Error("the value itself was changed")
	}
}

// Lists are lists also where nothing is in them.
func TestEmptyListsInAnswers(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/queue", "/inbox", "/status", "/windows", "/channels", "/tokens", "/plans", "/audit"} {
		q := w.request("desk@campaign.example", "GET", path, nil)
		if r := w.do(w.local, q, http.StatusOK, nil); strings.Contains(r.Body.String(), "null") {
			t.Errorf("%s: %s", path, r.Body)
		}
	}
	var same CampaignChange
	q := w.request("desk@campaign.example", "PUT", "/campaign?dry_run=true", CampaignFile{File: "campaign.yaml", Source: campaignFile})
	if r := w.do(w.local, q, http.StatusOK, &same); strings.Contains(r.Body.String(), "null") || len(same.Changes) != 0 {
		t.Errorf("the same campaign: %s", r.Body)
	}
}
