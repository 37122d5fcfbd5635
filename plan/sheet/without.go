package sheet

import "slices"

// Without is a plan file that no longer holds these posts and media; what else
// it says stays. posts tells how many are left.
func Without(src []byte, dropPosts, dropMedia []string) (out []byte, posts int, err error) {
	root, err := treeOf(src)
	if err != nil {
		return nil, 0, err
	}
	if media := root.get("media"); media != nil {
		for _, id := range dropMedia {
			media.drop(id)
		}
	}
	if all := root.get("posts"); all != nil {
		all.items = slices.DeleteFunc(all.items, func(x *tree) bool {
			id := x.get("id")
			return id != nil && slices.Contains(dropPosts, id.value)
		})
		posts = len(all.items)
	}
	out, _ = root.yaml()
	return out, posts, nil
}
