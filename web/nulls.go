package web

import (
	"encoding"
	"encoding/json"
	"reflect"
)

// WithoutNulls is v with an empty list or map wherever it has none, so that
// JSON never says null where a list belongs. v itself is not touched: parts of
// it may be shared.
func WithoutNulls[T any](v T) T {
	at := reflect.ValueOf(&v).Elem()
	if out, changed := full(at); changed {
		return out.Interface().(T)
	}
	return v
}

var (
	jsonMarshaler = reflect.TypeFor[json.Marshaler]()
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
)

// full is v, or a copy of it where something in it had to change.
func full(v reflect.Value) (out reflect.Value, changed bool) {
	t := v.Type()
	if t.Implements(jsonMarshaler) || t.Implements(textMarshaler) {
		return v, false // it has a form of its own
	}
	switch v.Kind() {
	case reflect.Interface:
		if !v.IsNil() {
			return full(v.Elem())
		}
	case reflect.Pointer:
		if v.IsNil() {
			return v, false
		}
		if in, changed := full(v.Elem()); changed {
			out := reflect.New(t.Elem())
			out.Elem().Set(in)
			return out, true
		}
	case reflect.Struct:
		return fullStruct(v)
	case reflect.Slice, reflect.Array:
		return fullList(v)
	case reflect.Map:
		return fullMap(v)
	}
	return v, false
}

func fullStruct(v reflect.Value) (out reflect.Value, changed bool) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() || f.Tag.Get("json") == "-" {
			continue
		}
		in, has := full(v.Field(i))
		if !has {
			continue
		}
		if !changed {
			out, changed = reflect.New(v.Type()).Elem(), true
			out.Set(v)
		}
		out.Field(i).Set(in)
	}
	if !changed {
		return v, false
	}
	return out, true
}

func fullList(v reflect.Value) (out reflect.Value, changed bool) {
	if v.Kind() == reflect.Slice && v.IsNil() {
		return reflect.MakeSlice(v.Type(), 0, 0), true
	}
	out = v
	for i := range v.Len() {
		in, has := full(v.Index(i))
		if !has {
			continue
		}
		if !changed {
			out, changed = reflect.New(v.Type()).Elem(), true
			if v.Kind() == reflect.Slice {
				out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
			}
			reflect.Copy(out, v)
		}
		out.Index(i).Set(in)
	}
	return out, changed
}

func fullMap(v reflect.Value) (out reflect.Value, changed bool) {
	if v.IsNil() {
		return reflect.MakeMap(v.Type()), true
	}
	out = v
	for _, k := range v.MapKeys() {
		in, has := full(v.MapIndex(k))
		if !has {
			continue
		}
		if !changed {
			out, changed = reflect.MakeMapWithSize(v.Type(), v.Len()), true
			for _, k := range v.MapKeys() {
				out.SetMapIndex(k, v.MapIndex(k))
			}
		}
		out.SetMapIndex(k, in)
	}
	return out, changed
}
