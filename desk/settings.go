package desk

import (
	"encoding/json"
	"fmt"

	"github.com/ittakesacommunity/takeover/store"
)

// putJSON keeps v under the name.
func putJSON(tx store.Settings, name string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return tx.PutSetting(name, b)
}

// getJSON reads what putJSON kept; the error wraps store.ErrNotFound where nothing is.
func getJSON[T any](tx store.Settings, name string) (v T, err error) {
	b, err := tx.Setting(name)
	if err != nil {
		return v, err
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return v, fmt.Errorf("%s: %w", name, err)
	}
	return v, nil
}

// eachJSON calls f with everything that is kept under names with the prefix.
func eachJSON[T any](tx store.Settings, prefix string, f func(name string, v T) error) error {
	names, err := tx.SettingNames(prefix)
	if err != nil {
		return err
	}
	for _, name := range names {
		v, err := getJSON[T](tx, name)
		if err != nil {
			return err
		}
		if err := f(name, v); err != nil {
			return err
		}
	}
	return nil
}
