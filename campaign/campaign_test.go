package campaign

import (
	"reflect"
	"testing"
)

func TestCloneSharesNothing(t *testing.T) {
	var c Campaign
	fill(reflect.ValueOf(&c).Elem(), 1)
	separate(t, c, c.Clone())
	if n := (&Campaign{}).Clone(); !reflect.DeepEqual(n, Campaign{}) {
		t.Error("the copy of nothing is something")
	}
	var d Delivery
	fill(reflect.ValueOf(&d).Elem(), 1)
	separate(t, d, d.Clone())
}

// separate fails where a copy differs, or shares what can be changed.
func separate[T any](t *testing.T, c, n T) {
	t.Helper()
	if !reflect.DeepEqual(c, n) {
		t.Fatal("the copy differs")
	}
	var apart func(path string, a, b reflect.Value)
	apart = func(path string, a, b reflect.Value) {
		switch a.Kind() {
		case reflect.Slice:
			if a.Pointer() == b.Pointer() {
				t.Errorf("%s is shared", path)
			}
			apart(path+"[0]", a.Index(0), b.Index(0))
		case reflect.Map:
			if a.Pointer() == b.Pointer() {
				t.Errorf("%s is shared", path)
			}
			for _, k := range a.MapKeys() {
				apart(path+"[]", a.MapIndex(k), b.MapIndex(k))
			}
		case reflect.Struct:
			if a.Type().PkgPath() == "time" {
				return
			}
			for i := range a.NumField() {
				apart(path+"."+a.Type().Field(i).Name, a.Field(i), b.Field(i))
			}
		}
	}
	apart(reflect.TypeFor[T]().Name(), reflect.ValueOf(c), reflect.ValueOf(n))
}

func TestStatesAndRoles(t *testing.T) {
	if len(States) != 10 {
		t.Errorf("there are %d states", len(States))
	}
	for _, s := range []string{"viewer", "lead:mayors", "approver", "organizer", "operator"} {
		if r, err := ParseRole(s); err != nil || r.String() != s {
			t.Errorf("%q reads %v, %v", s, r, err)
		}
	}
	for _, s := range []string{"", "lead", "lead:", "organizer:mayors", "organizer:", "admin", "Lead:mayors"} {
		if r, err := ParseRole(s); err == nil {
			t.Errorf("%q reads %v", s, r)
		}
	}
}
