package main

// The platforms: what each adapter must never do.

// ofChannels are defects of one adapter each, caught by the questions that are
// put to all of them.
var ofChannels = []mutant{
	// Without description.
	ofOne("x", "alt-dropped", "a picture keeps its description", "media.go", "in.Text = alt\n", "in.Text = \"picture\"\n"),
	ofOne("mastodon", "alt-dropped", "a picture keeps its description", "media.go", `{"description", m.Alt}`, `{"description", ""}`),
	ofOne("bluesky", "alt-dropped", "a picture keeps its description", "bluesky.go", "image{Alt: m.Alt, Image: b}", "image{Image: b}"),
	ofOne("linkedin", "alt-dropped", "a picture keeps its description", "media.go", "image{ID: id, Alt: m.Alt}", "image{ID: id}"),
	ofOne("discord", "alt-dropped", "a picture keeps its description", "message.go", "Filename: name, Description: m.Alt}", "Filename: name}"),
	ofOne("facebook", "alt-dropped", "a picture keeps its description", "publish.go", `{"alt_text_custom", m.Alt}`, `{"alt_text_custom", ""}`),
	ofOne("instagram", "alt-dropped", "a picture keeps its description", "publish.go", `fields["alt_text"] = m.Alt`, `fields["alt_text"] = ""`),
	ofOne("threads", "alt-dropped", "a picture keeps its description", "publish.go", `fields["alt_text"] = m.Alt`, `fields["alt_text"] = ""`),
	ofOne("wordpress", "alt-dropped", "a picture keeps its description", "stage.go", `map[string]any{"alt_text": m.Alt, `, `map[string]any{"alt_text": "", `),
	ofOne("email", "alt-dropped", "a picture keeps its description", "message.go", "picture{m.Digest, m.Type, m.Alt}", `picture{m.Digest, m.Type, ""}`),
	ofOne("webhook", "alt-dropped", "a picture keeps its description", "body.go", "MIME: m.Type, Alt: m.Alt, ", "MIME: m.Type, "),
	ofOne("telegram", "alt-dropped", "where there is no place for it, it stands in the text", "message.go", "content.Text+\"\\n\\n🖼 \"+m.Alt", "content.Text+\"\\n\\n🖼 \""),
	ofOne("tiktok", "alt-dropped", "where there is no place for it, it stands in the text", "tiktok.go", "text += \"\\n\\n🖼 \" + m.Alt", "text += \"\\n\\n🖼 \""),

	// An answer that says nothing, taken for a no.
	unsent("x", "errors.go", "	e := channels.Transport(opPublish, a, err, own, now)\n"),
	unsent("mastodon", "errors.go", "	e := channels.Transport(opPublish, a, err, own, now)\n"),
	unsent("bluesky", "xrpc.go", "	e := channels.Transport(opPublish, a.Answer, a.err, a.own(), now)\n"),
	unsent("linkedin", "errors.go", "	e = channels.Transport(opPublish, a, err, own, now)\n"),
	unsent("telegram", "errors.go", "	e := channels.Transport(opPublish, a, err, own, now)\n"),
	unsent("discord", "errors.go", "	e := channels.Transport(opPublish, a, err, own, now)\n"),
	unsent("youtube", "api.go", "	e := channels.Transport(opPublish, a, err, own, now)\n"),
	unsent("tiktok", "api.go", "	e = channels.Transport(opPublish, a, err, own, now)\n"),
	unsent("wordpress", "errors.go", "	e := channels.Transport(opPublish, a, err, own, now)\n"),
	ofOne("email", "lost-after-the-dot-as-not-sent", "a mail whose last answer was lost may have been taken", "dialogue.go", "		if l.dotted {\n", "		if false {\n", "TestLossesAreToldTruly"),

	// Keys and names under which a repeat is recognised.
	ofOne("mastodon", "another-key", "a repeat bears the key of the first call", "publish.go", `"Idempotency-Key", r.Key)`, `"Idempotency-Key", r.Key+string(rune('a'+r.Attempt)))`, "TestRepeatUnderTheKey"),
	ofOne("discord", "without-nonce", "a repeat bears the nonce of the first call", "publish.go", "nonce, to := nonceOf(r.Key), ", "nonce, to := nonceOf(r.Key+string(rune('a'+r.Attempt))), "),
	ofOne("bluesky", "another-key", "a repeat writes the record that the first call wrote", "publish.go", "Key: recordKey(r), Validate", "Key: recordKey(r)[:12] + string(rune('2'+r.Attempt)), Validate"),
	ofOne("webhook", "another-id", "a repeat bears the webhook-id of the first call", "webhook.go", "	id := r.Key\n", "	id := r.Key + string(rune('a'+r.Attempt))\n"),
	ofOne("tiktok", "work-unstored", "what TikTok works on is stored before it is asked for", "publish.go", "		_ = r.Note(id) // what is not stored yet will be with the result\n", "", "TestLongWork"),

	// A later part's trouble is none of the first part.
	ofOne("x", "first-part-again", "a later part is not the first one again", "publish.go", "frozen := r.Staged.Parts[r.Part].Body", "frozen := r.Staged.Parts[0].Body"),
	ofOne("mastodon", "first-part-again", "a later part is not the first one again", "publish.go", "answering(r.Staged.Parts[r.Part].Body, target)", "answering(r.Staged.Parts[0].Body, target)"),
	ofOne("bluesky", "first-part-again", "a later part is not the first one again", "publish.go", "part := r.Staged.Parts[r.Part]\n", "part := r.Staged.Parts[0]\n"),
	ofOne("linkedin", "first-part-again", "a later part is not the first one again", "publish.go", "	part := r.Staged.Parts[r.Part]\n", "	part := r.Staged.Parts[0]\n", "TestFirstComment"),
	ofOne("facebook", "first-part-again", "a later part is not the first one again", "publish.go", "Path: path}, r.Staged.Parts[r.Part].Body, ", "Path: path}, r.Staged.Parts[0].Body, "),
	ofOne("telegram", "first-part-again", "a later part is not the first one again", "publish.go", "json.Unmarshal(r.Staged.Parts[r.Part].Body, &f); err != nil || f.Fields", "json.Unmarshal(r.Staged.Parts[0].Body, &f); err != nil || f.Fields"),
	ofOne("facebook", "staged-twice", "what is public is not staged again with a later part", "publish.go", "	if r.Part == 0 {\n", "	if r.Part >= 0 {\n", "TestCommentStagesNoPicture"),
	ofOne("instagram", "staged-twice", "what is public is not staged again with a later part", "publish.go", "	if r.Part == 0 {\n", "	if r.Part >= 0 {\n", "TestCommentStagesNoContainer"),

	// Reads that prove nothing.
	ofOne("bluesky", "box-says-absent", "a box that knows no such page proves no absence", "read.go", `case a.is("RecordNotFound"):
		verdict`, `case a.is("RecordNotFound"), a.Status == 404:
		verdict`),
	ofOne("mastodon", "keyless-absent", "where no key is known, absence proves nothing", "readback.go", "|| !c.knowsKeys() ||", "||", "TestF68PeopleInBetween"),
}

// ofOne is a defect of one adapter; without a test of its own the common
// questions must notice.
func ofOne(platform, name, breaks, file, old, new string, test ...string) mutant {
	by := "TestConformance"
	if len(test) == 1 {
		by = test[0]
	}
	pkg := "channels/" + platform
	return one(platform+"-"+name, breaks, pkg+"/"+file, old, new, pkg, by)
}

// unsent makes of every answer of 5xx one that published nothing.
func unsent(platform, file, line string) mutant {
	return ofOne(platform, "5xx-as-not-sent", "an answer of 5xx may have published", file, line,
		line+"	if a.Status >= 500 {\n		e.Fate = channels.NotSent\n		return "+map[string]string{
			"x": "e, row{}", "mastodon": "post{}, e", "bluesky": "e", "linkedin": `e, ""`, "telegram": "nil, e", "discord": "message{}, e",
			"youtube": "video{}, e", "tiktok": `"", e`, "wordpress": "post{}, e"}[platform]+"\n	}\n")
}
