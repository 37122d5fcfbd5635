package pretend

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/internal/measure"
)

// refusal is an answer that is no success.
type refusal struct {
	status        int
	name, message string
	headers       map[string]string
}

func no(status int, name, format string, args ...any) *refusal {
	return &refusal{status: status, name: name, message: fmt.Sprintf(format, args...)}
}

// ServeHTTP answers one call of the protocol.
func (s *Server) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	name, ok := strings.CutPrefix(q.URL.Path, "/xrpc/")
	body, err := io.ReadAll(io.LimitReader(q.Body, maxUpload+1))
	if !ok || err != nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	s.mu.Lock()
	s.counts[name]++
	v, refused := s.answer(name, q, body)
	now := s.o.Now()
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
	if refused != nil {
		for k, v := range refused.headers {
			w.Header().Set(k, v)
		}
		w.WriteHeader(refused.status)
		v = map[string]string{"error": refused.name, "message": refused.message}
	}
	if v == nil {
		return // deleteSession says nothing
	}
	_ = json.NewEncoder(w).Encode(v) // a caller that is gone is the test's doing
}

// answer dispatches; callers hold mu.
func (s *Server) answer(name string, q *http.Request, body []byte) (any, *refusal) {
	get, known := map[string]func(*http.Request) (any, *refusal){
		"_health":                            func(*http.Request) (any, *refusal) { return map[string]string{"version": "0.5.35-pretend"}, nil },
		"com.atproto.identity.resolveHandle": s.resolveHandle,
		"com.atproto.repo.getRecord":         s.getRecord,
		"com.atproto.repo.listRecords":       s.listRecords,
		"com.atproto.server.getSession":      s.getSession,
		"com.atproto.sync.getLatestCommit":   s.getLatestCommit,
		"app.bsky.feed.getPosts":             s.getPosts,
		"app.bsky.feed.searchPosts":          s.searchPosts,
	}[name]
	post, procedure := map[string]func(*http.Request, []byte) (any, *refusal){
		"com.atproto.server.createSession":  s.createSession,
		"com.atproto.server.refreshSession": s.refreshSession,
		"com.atproto.server.deleteSession":  s.deleteSession,
		"com.atproto.repo.uploadBlob":       s.uploadBlob,
		"com.atproto.repo.putRecord":        s.putRecord,
		"com.atproto.repo.createRecord":     s.createRecord,
		"com.atproto.repo.deleteRecord":     s.deleteRecord,
	}[name]
	switch {
	case known && q.Method == http.MethodGet:
		return get(q)
	case procedure && q.Method == http.MethodPost:
		return post(q, body)
	case known || procedure:
		return nil, no(http.StatusMethodNotAllowed, "InvalidRequest", "Incorrect HTTP method")
	}
	return nil, no(http.StatusBadRequest, "InvalidRequest", "No service configured for %s", name)
}

func (s *Server) createSession(_ *http.Request, body []byte) (any, *refusal) {
	var in struct{ Identifier, Password string }
	if json.Unmarshal(body, &in) != nil {
		return nil, no(http.StatusBadRequest, "InvalidRequest", "Input must have the property \"identifier\"")
	}
	now := s.o.Now()
	s.logins = slices.DeleteFunc(s.logins, func(at time.Time) bool { return now.Sub(at) >= loginsPer })
	if len(s.logins) >= maxLogins {
		reset := s.logins[0].Add(loginsPer)
		r := no(http.StatusTooManyRequests, "RateLimitExceeded", "Rate Limit Exceeded")
		r.headers = map[string]string{"RateLimit-Limit": "30", "RateLimit-Remaining": "0", "RateLimit-Reset": fmt.Sprint(reset.Unix()),
			"RateLimit-Policy": "30;w=300", "Retry-After": fmt.Sprint(int(reset.Sub(now).Seconds()))}
		return nil, r
	}
	s.logins = append(s.logins, now)
	if in.Password != s.o.Password || in.Identifier != s.o.Handle && in.Identifier != plcIdentifier {
		return nil, no(http.StatusUnauthorized, "AuthenticationRequired", "Invalid identifier or password")
	}
	if s.status == "takendown" {
		return nil, no(http.StatusUnauthorized, "AccountTakedown", "Account has been taken down")
	}
	t := s.mint(fmt.Sprintf("family %d", s.minted))
	return s.session(t), nil
}

// mint makes a pair of tokens.
func (s *Server) mint(family string) *token {
	t := &token{family: family, access: s.jwt("com.atproto.appPass", accessFor), text: s.jwt("com.atproto.refresh", refreshFor), expires: s.o.Now().Add(refreshFor)}
	s.chain[t.text] = t
	return t
}

func (s *Server) session(t *token) any {
	v := map[string]any{"did": plcIdentifier, "handle": s.o.Handle, "active": s.status == ""}
	if s.status != "" {
		v["status"] = s.status
	}
	if t != nil {
		v["accessJwt"], v["refreshJwt"] = t.access, t.text
	}
	return v
}

func bearer(q *http.Request) string {
	b, _ := strings.CutPrefix(q.Header.Get("Authorization"), "Bearer ")
	return b
}

func (s *Server) refreshSession(q *http.Request, body []byte) (any, *refusal) {
	t, now := s.chain[bearer(q)], s.o.Now()
	switch {
	case len(body) > 0:
		return nil, no(http.StatusBadRequest, "InvalidRequest", "A request body was provided when none was expected")
	case bearer(q) == "":
		return nil, no(http.StatusUnauthorized, "AuthMissing", "Authentication Required")
	case t == nil:
		return nil, no(http.StatusBadRequest, "InvalidToken", "Token could not be verified")
	case s.revoked[t.family]:
		return nil, no(http.StatusBadRequest, "ExpiredToken", "Token has been revoked")
	case now.After(t.expires), !t.usedAt.IsZero() && now.After(t.usedAt.Add(grace)):
		return nil, no(http.StatusBadRequest, "ExpiredToken", "Token has expired")
	}
	if t.usedAt.IsZero() {
		t.usedAt, t.next = now, s.mint(t.family)
	}
	return s.session(t.next), nil
}

func (s *Server) deleteSession(q *http.Request, body []byte) (any, *refusal) {
	t := s.chain[bearer(q)]
	if len(body) > 0 {
		return nil, no(http.StatusBadRequest, "InvalidRequest", "A request body was provided when none was expected")
	}
	if t == nil {
		return nil, no(http.StatusBadRequest, "InvalidToken", "Token could not be verified")
	}
	s.revoked[t.family] = true
	return nil, nil
}

// allowed checks an access token.
func (s *Server) allowed(q *http.Request) *refusal {
	text, now := bearer(q), s.o.Now()
	if text == "" {
		return no(http.StatusUnauthorized, "AuthMissing", "Authentication Required")
	}
	for _, t := range s.chain {
		if t.access != text {
			continue
		}
		switch {
		case now.After(t.expires.Add(accessFor - refreshFor)):
			return no(http.StatusBadRequest, "ExpiredToken", "Token has expired")
		case s.revoked[t.family]:
			return no(http.StatusBadRequest, "InvalidToken", "Token could not be verified")
		case s.status != "":
			return no(http.StatusBadRequest, "Account"+map[string]string{"takendown": "Takedown", "suspended": "Suspended", "deactivated": "Deactivated"}[s.status], "Account is closed")
		}
		return nil
	}
	return no(http.StatusBadRequest, "InvalidToken", "Token could not be verified")
}

func (s *Server) getSession(q *http.Request) (any, *refusal) {
	if r := s.allowed(q); r != nil {
		return nil, r
	}
	return s.session(nil), nil
}

func (s *Server) resolveHandle(q *http.Request) (any, *refusal) {
	handle := q.URL.Query().Get("handle")
	if handle == s.o.Handle {
		return map[string]string{"did": plcIdentifier}, nil
	}
	if did, ok := s.o.People[handle]; ok {
		return map[string]string{"did": did}, nil
	}
	return nil, no(http.StatusBadRequest, "HandleNotFound", "Unable to resolve handle")
}

func (s *Server) getLatestCommit(q *http.Request) (any, *refusal) {
	if q.URL.Query().Get("did") != plcIdentifier {
		return nil, no(http.StatusBadRequest, "RepoNotFound", "Could not find repo for DID")
	}
	return map[string]string{"cid": cidOf("bafyrei", []byte(s.rev)), "rev": s.rev}, nil
}

func (r *record) entry() map[string]any {
	return map[string]any{"uri": uriOf(r.key), "cid": r.cid, "value": r.value}
}

func uriOf(key string) string { return "at://" + plcIdentifier + "/" + collection + "/" + key }

func (s *Server) getRecord(q *http.Request) (any, *refusal) {
	v := q.URL.Query()
	r, ok := s.records[v.Get("rkey")]
	if v.Get("repo") != plcIdentifier && v.Get("repo") != s.o.Handle || v.Get("collection") != collection || !ok {
		return nil, no(http.StatusBadRequest, "RecordNotFound", "Could not locate record: %s", uriOf(v.Get("rkey")))
	}
	return r.entry(), nil
}

func (s *Server) listRecords(q *http.Request) (any, *refusal) {
	var all []*record
	for _, r := range s.records {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b *record) int { return strings.Compare(b.key, a.key) })
	limit := 50
	if n := q.URL.Query().Get("limit"); n != "" {
		_, _ = fmt.Sscan(n, &limit)
	}
	entries := []any{}
	for _, r := range all[:min(len(all), limit)] {
		entries = append(entries, r.entry())
	}
	return map[string]any{"records": entries}, nil
}

// getPosts is the application: it counts, and shows posts late.
func (s *Server) getPosts(q *http.Request) (any, *refusal) {
	if s.o.NoApplication {
		return nil, no(http.StatusBadRequest, "InvalidRequest", "No service configured for app.bsky.feed.getPosts")
	}
	if r := s.allowed(q); r != nil {
		return nil, r
	}
	posts := []any{}
	for _, uri := range q.URL.Query()["uris"] {
		r, ok := s.records[uri[strings.LastIndexByte(uri, '/')+1:]]
		if ok && !s.o.Now().Before(r.at.Add(s.o.ShownAfter)) {
			posts = append(posts, map[string]any{"uri": uri, "cid": r.cid, "likeCount": 3, "repostCount": 1, "replyCount": 0})
		}
	}
	return map[string]any{"posts": posts}, nil
}

// searchPosts is the application's search: posts of all people that have the
// tag, newest first.
func (s *Server) searchPosts(q *http.Request) (any, *refusal) {
	if s.o.NoApplication {
		return nil, no(http.StatusBadRequest, "InvalidRequest", "No service configured for app.bsky.feed.searchPosts")
	}
	if r := s.allowed(q); r != nil {
		return nil, r
	}
	v := q.URL.Query()
	since, err := time.Parse(time.RFC3339, v.Get("since"))
	limit, skip := 25, 0
	if v.Get("q") == "" || err != nil && v.Get("since") != "" {
		return nil, no(http.StatusBadRequest, "InvalidRequest", "Params must have the property \"q\"")
	}
	_, _ = fmt.Sscan(v.Get("limit"), &limit)
	_, _ = fmt.Sscan(v.Get("cursor"), &skip)
	var found []Entry
	for _, e := range slices.Backward(s.entries) {
		if strings.EqualFold(e.Tag, v.Get("tag")) && !e.At.Before(since) {
			found = append(found, e)
		}
	}
	posts, out := []any{}, map[string]any{}
	for _, e := range found[min(skip, len(found)):min(skip+limit, len(found))] {
		posts = append(posts, map[string]any{"uri": "at://" + e.DID + "/" + collection + "/" + e.Key, "author": map[string]string{"did": e.DID},
			"indexedAt": e.At.UTC().Format(time.RFC3339Nano)})
	}
	if out["posts"] = posts; skip+limit < len(found) {
		out["cursor"] = fmt.Sprint(skip + limit)
	}
	return out, nil
}

func (s *Server) uploadBlob(q *http.Request, body []byte) (any, *refusal) {
	if r := s.allowed(q); r != nil {
		return nil, r
	}
	if len(body) > maxUpload {
		return nil, no(http.StatusRequestEntityTooLarge, "PayloadTooLarge", "request entity too large")
	}
	cid := cidOf("bafkrei", body)
	mime := strings.SplitN(http.DetectContentType(body), ";", 2)[0] // the bytes decide, not the header
	b := upload{mime: mime, size: len(body), at: s.o.Now(), used: s.blobs[cid].used}
	s.blobs[cid] = b
	return map[string]any{"blob": map[string]any{"$type": "blob", "ref": map[string]string{"$link": cid}, "mimeType": mime, "size": len(body)}}, nil
}

type writeIn struct {
	Repo, Collection string
	Key              string          `json:"rkey"`
	Swap             json.RawMessage `json:"swapRecord"`
	Record           map[string]any
}

func (s *Server) written(q *http.Request, body []byte) (in writeIn, r *refusal) {
	if r := s.allowed(q); r != nil {
		return in, r
	}
	if json.Unmarshal(body, &in) != nil || in.Collection != collection {
		return in, no(http.StatusBadRequest, "InvalidRequest", "Input could not be read")
	}
	if in.Repo != plcIdentifier && in.Repo != s.o.Handle {
		return in, no(http.StatusForbidden, "AccountNotFound", "Could not find repo: %s", in.Repo)
	}
	if !validTID(in.Key) {
		return in, no(http.StatusBadRequest, "InvalidRequest", "Invalid TID string: got %q", in.Key)
	}
	return in, nil
}

func (s *Server) putRecord(q *http.Request, body []byte) (any, *refusal) {
	in, r := s.written(q, body)
	if r != nil {
		return nil, r
	}
	if r := s.valid(in.Record); r != nil {
		return nil, r
	}
	old, there := s.records[in.Key]
	if there && reflect.DeepEqual(old.value, in.Record) {
		return map[string]any{"uri": uriOf(in.Key), "cid": old.cid, "validationStatus": "valid"}, nil
	}
	// null decodes as the text "null"; a field that is missing as no text.
	if swap := string(in.Swap); there && swap == "null" || swap != "" && swap != "null" && (!there || swap != fmt.Sprintf("%q", old.cid)) {
		at := "null"
		if there {
			at = old.cid
		}
		return nil, no(http.StatusBadRequest, "InvalidSwap", "Record was at %s", at)
	}
	return s.stored(in)
}

func (s *Server) createRecord(q *http.Request, body []byte) (any, *refusal) {
	in, r := s.written(q, body)
	if r != nil {
		return nil, r
	}
	if r := s.valid(in.Record); r != nil {
		return nil, r
	}
	if _, there := s.records[in.Key]; there {
		return nil, no(http.StatusInternalServerError, "InternalServerError", "Internal Server Error")
	}
	return s.stored(in)
}

func (s *Server) stored(in writeIn) (any, *refusal) {
	rec := s.write(in.Key, in.Record, "")
	return map[string]any{"uri": uriOf(in.Key), "cid": rec.cid, "commit": map[string]string{"cid": cidOf("bafyrei", []byte(s.rev)), "rev": s.rev},
		"validationStatus": "valid"}, nil
}

func (s *Server) deleteRecord(q *http.Request, body []byte) (any, *refusal) {
	in, r := s.written(q, body)
	if r != nil {
		return nil, r
	}
	if !s.remove(in.Key) {
		return map[string]any{}, nil
	}
	return map[string]any{"commit": map[string]string{"cid": cidOf("bafyrei", []byte(s.rev)), "rev": s.rev}}, nil
}

// valid refuses what the lexicon refuses.
func (s *Server) valid(v map[string]any) *refusal {
	bad := func(format string, args ...any) *refusal {
		return no(http.StatusBadRequest, "InvalidRequest", "Invalid app.bsky.feed.post record: "+format, args...)
	}
	text, ok := v["text"].(string)
	created, okTime := v["createdAt"].(string)
	_, errTime := time.Parse(time.RFC3339, created)
	n, _ := measure.Graphemes(text)
	switch {
	case v["$type"] != collection:
		return bad("Record/$type must be %q", collection)
	case !ok:
		return bad("Record must have the property \"text\"")
	case n > maxGraphemes:
		return bad("Record/text must not be longer than %d graphemes", maxGraphemes)
	case len(text) > maxTextBytes:
		return bad("string too big (maximum %d, got %d) at $.record.text", maxTextBytes, len(text))
	case !okTime || errTime != nil:
		return bad("Record/createdAt must be an valid atproto datetime")
	case len(list(v["langs"])) > 3:
		return bad("Record/langs must not have more than 3 elements")
	}
	for _, f := range list(v["facets"]) {
		for _, feature := range list(dig(f, "features")) {
			if did, _ := dig(feature, "did").(string); dig(feature, "$type") == "app.bsky.richtext.facet#mention" && !strings.HasPrefix(did, "did:") {
				return bad("Record/facets/0/features/0 must have the property \"did\"")
			}
		}
	}
	pictures := list(dig(v, "embed", "images"))
	if len(pictures) > maxImages {
		return bad("Record/embed/images must not have more than %d elements", maxImages)
	}
	for _, p := range pictures {
		if _, ok := dig(p, "alt").(string); !ok {
			return bad("Record/embed/images/0 must have the property \"alt\"")
		}
		if r := s.named(dig(p, "image"), s.o.MaxImage); r != nil {
			return r
		}
	}
	if thumb := dig(v, "embed", "external", "thumb"); thumb != nil {
		return s.named(thumb, 1_000_000)
	}
	return nil
}

// named checks the reference to a picture.
func (s *Server) named(ref any, most int) *refusal {
	cid, _ := dig(ref, "ref", "$link").(string)
	size, _ := dig(ref, "size").(float64)
	b, ok := s.blobs[cid]
	switch {
	case int(size) > most:
		return no(http.StatusBadRequest, "InvalidRequest", "blob too big (maximum %d, got %d) at $.record.embed.images[0].image", most, int(size))
	case !ok, !b.used && s.o.Now().Sub(b.at) > blobsFor:
		return no(http.StatusBadRequest, "BlobNotFound", "Could not find blob: %s", cid)
	case b.size != int(size):
		return no(http.StatusBadRequest, "InvalidSize", "Referenced Size does not match stored blob")
	}
	b.used = true
	s.blobs[cid] = b
	return nil
}
