package plan

// Code documents one code of the findings about plans.
type Code struct {
	Code    string
	Meaning string
	Remedy  string
}

// Warning tells whether the code never stops a submission.
func (c Code) Warning() bool { return c.Code[0] == 'W' }

// Codes of faults that any YAML document can have.
const (
	CodeBytes   = "P005"
	CodeSyntax  = "P006"
	CodeFeature = "P007"
	CodeKey     = "P008"
	CodeType    = "P009"
)

// Codes lists every code that Parse, Expand and Compare can give, in order.
func Codes() []Code {
	return []Code{
		{"P001", "the key schema does not say takeover/plan-v1", "write schema: takeover/plan-v1"},
		{"P002", "the plan names another campaign", "write the id of this campaign"},
		{"P003", "the campaign has no such window, or it is not yours", "write the id of a window of your mechanism"},
		{"P004", "the window is over or was revoked", "ask the organizers for another window"},
		{"W004", "a person cancelled it, and it stays so although the file has it still", "change it, or ask an organizer to give it a new time"},
		{CodeBytes, "the file is too large, too deep, or not UTF-8 text", "save it as UTF-8 without a byte-order mark, or split it"},
		{CodeSyntax, "the file is not YAML", "mend the quotes, brackets or indentation at the place"},
		{CodeFeature, "an anchor, alias, tag, merge key or second document", "write the values themselves"},
		{CodeKey, "a key is unknown, doubled or missing", "rename, remove or add it"},
		{CodeType, "a value is of another kind or form than asked", "write it in the form that the finding shows"},
		{"P010", "the time zone is unknown or an abbreviation", "write an IANA name such as Europe/Brussels"},
		{"P011", "a language tag is wrong, or not among the plan's or campaign's languages", "write a tag such as fr, and list it under languages"},
		{"W011", "a language that the campaign requires is missing", "write the text in that language"},
		{"P020", "a time cannot be read, does not exist in the calendar, or has no anchor to count from", "write a local time such as 2026-12-18T09:00"},
		{"P021", "the time is in the past", "write a time to come"},
		{"P022", "the time is outside the window", "write a time within the window"},
		{"P023", "the time is in the window's no-post hours", "move it out of these hours"},
		{"P024", "the time is nearer than the campaign's least lead", "write a later time"},
		{"W025", "the local time does not exist: clocks skip it that day", "write a time that exists; the first instant after the gap is used"},
		{"W026", "the local time exists twice that day", "write another time, or leave it: the first is used"},
		{"P027", "more posts on a channel and local day than its or the window's limit", "move posts to another day or channel"},
		{"W028", "the distance between the posts of a channel makes a post too late", "move it or the posts before it, or switch one of them off on the channel"},
		{"P030", "the cron expression cannot be read", "mend the field that the finding names"},
		{"P031", "the series has no occurrence between from and until", "mend the expression or the dates"},
		{"P032", "the series has more occurrences than the campaign allows", "write a rarer expression or a shorter stretch"},
		{"P033", "the cron expression has a zone of its own", "remove TZ=; the plan's timezone holds"},
		{"P040", "tolerance, length or if_missed is wrong", "write a duration such as 15m, 2h or 1d; ask, skip or send"},
		{"P050", "a text is empty, or missing in a language that needs it", "write the text"},
		{"P051", "the text is too long for a channel", "shorten it by what the finding says, or write a variant"},
		{"P052", "a placeholder is unknown or has nothing to stand for", "write one of those that the finding names; {{ is a brace"},
		{"P053", "the same text goes out on the same account within 24 hours", "change the text, move it, or write repeat: true on both"},
		{"W053", "the same text goes out on the same account within 7 days", "change the text, or write repeat: true on both"},
		{"P054", "a text has a character that platforms refuse or that turns text around", "remove the character"},
		{"W055", "marks of writing direction do not come in pairs", "close or remove them"},
		{"W056", "a link's host mixes alphabets, as look-alike addresses do", "check the address letter by letter"},
		{"P060", "the channel is unknown or not in the window, or there is none", "write a channel of the window"},
		{"P061", "the platform cannot do what is asked", "remove the option for this channel, or switch the channel off"},
		{"P062", "an option of a variant is unknown or not possible here", "write one of the options"},
		{"W063", "the joined text is too long and goes out separately, as written", "shorten it to have one post"},
		{"W064", "a variant for a channel that the post does not go to", "add the channel or remove the variant"},
		{"P065", "a poll's options or how long it is open are wrong", "write 2 to 4 different short options of one line, and 5m to 7d"},
		{"W065", "a poll's options go out as lines of the text: no polls there, or none beside pictures", "leave it so, or write a variant with another text or without pictures"},
		{"P066", "a card has no link that it could show", "add a link to the post or to the defaults"},
		{"W066", "a card is not shown: the post has pictures there", "remove the card, or write a variant without pictures"},
		{"W067", "the platform charges more for a post with a link, as link_price of its channel says", "leave the link out where the post does not need it"},
		{"P070", "the medium or its file was not found", "put the file beside the plan, or mend the name"},
		{"P071", "the file is of a type that cannot be used", "save it as JPEG or PNG"},
		{"P072", "the file is too large for a channel", "make it smaller"},
		{"P073", "the alt text is missing, or too long for a channel", "describe the picture in a sentence"},
		{"W072", "much of a picture is cut away for a channel", "say what must stay in frame, or give the channel a picture of its own"},
		{"W073", "the alt text is missing in a language of the post, or at all where the campaign does not require it", "describe the picture in that language"},
		{"P074", "the credit is missing, or the licence demands it in the post and nothing there says it", "name who made the picture; write {credit} in the text"},
		{"P075", "the licence is missing or unknown", "write one of those that the finding names"},
		{"P076", "a consent is missing, unknown, withdrawn, over, or does not cover this", "name a consent of the register that holds"},
		{"W076", "a consent is missing where the campaign does not require it", "name a consent of the register"},
		{"P077", "the path leaves the plan's folder", "write a path below the folder of the plan"},
		{"P078", "the card of a quote cannot be drawn: a letter that no font has, or too many words", "shorten the quote, write it in other letters, or write card: false"},
		{"P080", "wait_for: live needs an anchor with a live_check", "add live_check: youtube or person to the anchor"},
		{"P081", "no such anchor", "write the id of an anchor of the plan"},
		{"P090", "an id, time or name stands twice", "rename or remove one"},
		{"P091", "the steps or dates are in the wrong order", "put launch before reminder before wrapup, closes between"},
		{"P092", "a series has more or fewer items than dates", "add or remove items, or change the series"},
		{"W092", "a date in the text differs from the data", "mend the date in the text, or write {start} or {closes}"},
		{"W094", "figures without a source", "add source with where they come from"},
		{"P095", "a tag that the campaign does not define", "write one of those that the finding names"},
		{"P096", "a value's bounds are the wrong way round, or what was filled in lies outside", "write min not above max; fill in a number within"},
		{"P097", "a change to what went out or is being sent", "undo the change, or give the new text a new id"},
		{"W097", "the file no longer has what went out or is being sent, or has it under another id", "keep the id; a person decides about what is being sent"},
		{"P098", "the plan makes too many or too large deliveries", "split the plan"},
	}
}
