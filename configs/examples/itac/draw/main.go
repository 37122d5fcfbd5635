// Command draw makes the pictures of the example campaign. They are drawn for
// takeover and free of rights (CC0-1.0): flat scenes with people who do not
// exist. The same program gives the same pictures.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
)

// scenes are the pictures by file name, without ".jpg".
var scenes = map[string]func() *canvas{
	"nurse-quito":     nurse,
	"street":          street,
	"skylines":        skylines,
	"town-hall":       townHall,
	"choir":           choir,
	"school-garden":   schoolGarden,
	"long-table":      longTable,
	"baker-marseille": baker,
	"market-stall":    marketStall,
	"workshop":        workshop,
	"harbour":         harbour,
	"classroom":       classroom,
	"studio":          studio,
}

func main() {
	out := flag.String("out", "media", "folder for the pictures")
	flag.Parse()
	if err := drawAll(*out); err != nil {
		fmt.Fprintln(os.Stderr, "draw:", err)
		os.Exit(1)
	}
}

// drawAll writes every scene into the folder.
func drawAll(dir string) error {
	names := make([]string, 0, len(scenes))
	for name := range scenes {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		var b bytes.Buffer
		// JPEG, since Instagram takes nothing else.
		if err := jpeg.Encode(&b, scenes[name]().img, &jpeg.Options{Quality: 74}); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name+".jpg"), b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}
