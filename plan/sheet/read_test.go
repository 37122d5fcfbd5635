package sheet

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/plan"
	"golang.org/x/text/encoding/charmap"
)

// said lists findings as "cell code".
func said(found campaign.Findings) []string {
	var out []string
	for _, f := range found {
		out = append(out, strings.Trim(f.Cell+" "+f.Code, " "))
	}
	slices.Sort(out)
	return out
}

// parse reads the plan of a sheet, and every finding by cell.
func parse(t testing.TB, s *Sheet) (*plan.Plan, campaign.Findings) {
	t.Helper()
	p, found := plan.Parse(SourceName(s.File), s.Source)
	if p == nil {
		t.Fatal(found, s.Findings)
	}
	return p, append(slices.Clone(s.Findings), s.Place(found)...)
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// demo is a campaign with the channels that the samples name.
func demo() *campaign.Campaign {
	return &campaign.Campaign{ID: "itac", Zone: "Europe/Brussels", Languages: []string{"en", "fr", "es", "ar"},
		Channels:  map[campaign.ChannelID]campaign.Channel{"x-main": {Platform: "x", Handle: "@itac"}, "mastodon-main": {Platform: "mastodon"}, "facebook-page": {Platform: "facebook"}, "facebook-two": {Platform: "facebook"}},
		Takeovers: map[campaign.TakeoverID]campaign.Takeover{"mayors-dec": {Mechanism: "mayors", Channels: []campaign.ChannelID{"x-main", "mastodon-main", "facebook-page", "facebook-two"}}},
		Consents:  map[string]campaign.Consent{"MAYORS-017": {}}}
}

// TestOtherProgramsFiles: one calendar as openpyxl wrote it, and as LibreOffice
// saved it again, in both calendars; it is the same plan each time.
func TestOtherProgramsFiles(t *testing.T) {
	want := map[string]string{"true-date": "2026-12-18T09:00", "both-in-one": "2026-12-18T10:30", "as-text": "2026-12-18T11:15", "arabic": "2026-12-18T12:00",
		"merged-one": "2026-12-19T13:00", "merged-two": "2026-12-19T14:00", "computed": "2026-12-19T15:00", "hidden": "2026-12-19T16:00",
		"broken": "2026-12-19T17:00", "picture": "2026-12-19T18:00", "message-2026-12-20t0900": "2026-12-20T09:00"}
	same := []string{"A10 W202", "B7 W203", "O2 W201"}
	for file, more := range map[string][]string{
		// openpyxl computes nothing, so its formulas have no value.
		"openpyxl.xlsx":         {"E11 P206", "E9 P206", "A9 P008", "A11 P008"},
		"openpyxl-1904.xlsx":    {"W206", "E11 P206", "E9 P206", "A9 P008", "A11 P008"},
		"libreoffice.xlsx":      {"E11 P206", "E9 W204", "A11 P008"},
		"libreoffice-1904.xlsx": {"W206", "E11 P206", "E9 W204", "A11 P008"},
	} {
		t.Run(file, func(t *testing.T) {
			s := Read(file, read(t, file), Options{Campaign: demo()})
			p, found := parse(t, s)
			expect := append(slices.Clone(same), more...)
			slices.Sort(expect)
			if got := said(found); !slices.Equal(got, expect) {
				t.Errorf("findings are %v, want %v", got, expect)
			}
			for _, x := range p.Posts {
				if at := want[x.ID.Value]; len(x.At) != 1 || x.At[0].Value != at {
					t.Errorf("%s goes out %v, want %s", x.ID.Value, x.At, at)
				}
			}
			if len(p.Posts) != len(want) {
				t.Errorf("%d posts", len(p.Posts))
			}
			if x := p.Posts[2]; len(x.Channels) != 2 || x.Channels[0].Value != "x-main" || x.Channels[1].Value != "mastodon-main" {
				t.Errorf("platforms became %v", x.Channels)
			}
		})
	}
	s := Read("xlsxwriter.xlsx", read(t, "xlsxwriter.xlsx"), Options{Campaign: demo()})
	p, found := parse(t, s)
	if got := said(found); !slices.Equal(got, []string{"A3 W206", "C3 W204"}) {
		t.Errorf("findings are %v", got)
	}
	if p.Posts[0].Text.In("en").Value != "Rich text in runs." || p.Posts[0].At[0].Value != "2026-12-18T09:00" || p.Posts[1].At[0].Value != "2026-12-18T21:05" {
		t.Errorf("%+v", p.Posts)
	}
}

// TestOtherTools: calendars with the columns of other tools are understood.
func TestOtherTools(t *testing.T) {
	for name, src := range map[string]string{
		"posting time":  "Posting Time,Message,Profiles,Media URL\n2026-12-18 09:00,Hello,x-main,street.png\n",
		"date and hour": "Post Date,Hour,Caption,Networks,Picture URL\n2026-12-18,9:00,Hello,Twitter,street.png\n",
		"api names":     "scheduleDate,post,platforms,mediaUrls\n2026-12-18T09:00:00,Hello,twitter,street.png\n",
		"labels":        "scheduled_at;content;network;labels;link url\n2026-12-18 09:00;Hello;x;Cities;https://example.org\n",
		"tabs":          "Date\tTime\tText\tChannel\n2026-12-18\t09:00\tHello\tX\n",
		"us style":      "Date,Time,Text,Channel\n12/18/2026,9:00 AM,Hello,X\n12/07/2026,9:00 PM,Again,X\n",
	} {
		t.Run(name, func(t *testing.T) {
			p, found := parse(t, Read("calendar.csv", []byte(src), Options{Campaign: demo()}))
			for _, f := range found {
				if f.Severity == campaign.SeverityError && !strings.Contains(f.Message, "shows") {
					t.Errorf("%s", f)
				}
			}
			x := p.Posts[0]
			if len(x.At) != 1 || x.At[0].Value[:16] != "2026-12-18T09:00" || x.Text.In("en").Value != "Hello" || len(x.Channels) != 1 || x.Channels[0].Value != "x-main" {
				t.Errorf("%+v", x)
			}
		})
	}
}

// TestFilesOfOtherTools: files with the columns and forms that the pages of other
// schedulers ask for. What has no place here is named and left out.
// Sources: the help pages of Buffer, HighLevel, MagicSync, PostFast, Publer,
// SocialPatra and Sprout Social about their CSV files.
func TestFilesOfOtherTools(t *testing.T) {
	for file, want := range map[string][]string{
		"buffer.csv":         {"B2 P008", "C2 W201"},
		"magicsync.csv":      {"B2 P008"},
		"postfast.csv":       {"B1 W201", "D2 P008", "F1 W201"},
		"publer.csv":         {"D2 P008", "E1 W201"},
		"social-planner.csv": {"D2 P008", "E1 W201", "F1 W201"},
		"socialpatra.csv":    {"C1 W201", "E2 W201"},
		"sprout-social.csv":  {"E2 P008"},
	} {
		t.Run(file, func(t *testing.T) {
			p, found := parse(t, Read(file, read(t, "tools/"+file), Options{Campaign: demo()}))
			if got := said(found); !slices.Equal(got, want) {
				t.Errorf("findings are %v, want %v", got, want)
			}
			x := p.Posts[0]
			if len(x.At) != 1 || x.At[0].Value != "2026-12-18T09:00" || x.Text.In("en").Value != "Hello" || len(x.Images) == 0 && file != "socialpatra.csv" {
				t.Errorf("%+v", x)
			}
		})
	}
}

// TestATimeWithAnOffset becomes that of the plan's zone, unless its clocks show it twice.
func TestATimeWithAnOffset(t *testing.T) {
	for said, want := range map[string]string{
		"2026-12-18T08:00:00Z":      "2026-12-18T09:00",
		"2026-12-18T10:00:30+02:00": "2026-12-18T09:00:30",
		"2026-10-25T00:30:00Z":      "2026-10-25T02:30", // the first pass of the hour that comes twice
		"2026-10-25T01:30:00Z":      "",                 // the second
	} {
		p, found := parse(t, Read("a.csv", []byte("scheduled_at,text,channels\n"+said+",Hello,x-main\n"), Options{Campaign: demo()}))
		at := ""
		if len(p.Posts[0].At) > 0 {
			at = p.Posts[0].At[0].Value
		}
		if at != want || (want == "") != found.HasErrors() {
			t.Errorf("%s: %q, %v", said, at, found)
		}
	}
}

// TestADateWithTwoReadingsIsAsked: 03/04/2026 is never guessed.
func TestADateWithTwoReadingsIsAsked(t *testing.T) {
	_, found := parse(t, Read("a.csv", []byte("id,date,time,text\na,03/04/2026,09:00,Hello\n"), Options{Campaign: demo()}))
	if len(found) == 0 || found[0].Code != "P020" || found[0].Cell != "B2" || !strings.Contains(found[0].Message, "2026-04-03") || !strings.Contains(found[0].Message, "2026-03-04") {
		t.Errorf("%v", found)
	}
	p, found := parse(t, Read("a.csv", []byte("id,date,time,text\na,03/04/2026,09:00,Hello\nb,18/04/2026,09:00,More\n"), Options{Campaign: demo()}))
	if len(found) > 0 || p.Posts[0].At[0].Value != "2026-04-03T09:00" {
		t.Errorf("one day over 12 makes the style clear: %v %v", p.Posts[0].At, found)
	}
	_, found = parse(t, Read("a.csv", []byte("id,date,time,text\na,03/04/2026,09:00,Hello\nb,18/04/2026,09:00,More\nc,04/18/2026,10:00,Most\n"), Options{Campaign: demo()}))
	if got := said(found); !slices.Equal(got, []string{"B2 P020"}) {
		t.Errorf("a sheet of two styles makes nothing clear: %v", got)
	}
}

func TestAlphabets(t *testing.T) {
	const french, arabic = "id,date,time,text_fr\na,2026-12-18,09:00,Où êtes-vous né ?\n", "id,date,time,text_ar\na,2026-12-18,09:00,جئت لعام واحد إلى مدينتكم\n"
	encode := func(c *charmap.Charmap, s string) []byte {
		b, err := c.NewEncoder().Bytes([]byte(s))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	wideOf := func(s string, mark bool) []byte {
		var b []byte
		if mark {
			b = append(b, 0xff, 0xfe)
		}
		for _, u := range utf16.Encode([]rune(s)) {
			b = binary.LittleEndian.AppendUint16(b, u)
		}
		return b
	}
	for _, tt := range []struct {
		name, lang, text string
		src              []byte
		noted            bool
	}{
		{"UTF-8", "fr", "Où êtes-vous né ?", []byte(french), false},
		{"UTF-8 with a mark", "ar", "جئت لعام واحد إلى مدينتكم", []byte("\xef\xbb\xbf" + arabic), false},
		{"Windows-1252", "fr", "Où êtes-vous né ?", encode(charmap.Windows1252, french), true},
		{"Windows-1256", "ar", "جئت لعام واحد إلى مدينتكم", encode(charmap.Windows1256, arabic), true},
		{"UTF-16", "ar", "جئت لعام واحد إلى مدينتكم", wideOf(arabic, true), true},
		{"UTF-16 without a mark", "fr", "Où êtes-vous né ?", wideOf(french, false), true},
	} {
		p, found := parse(t, Read("a.csv", tt.src, Options{Campaign: demo()}))
		if got := p.Posts[0].Text.In(tt.lang).Value; got != tt.text {
			t.Errorf("%s: %q", tt.name, got)
		}
		if noted := len(found) == 1 && found[0].Code == "W205"; noted != tt.noted {
			t.Errorf("%s: %v", tt.name, found)
		}
	}
}

// TestTheSampleOfThePage: the CSV that the documentation shows.
func TestTheSampleOfThePage(t *testing.T) {
	const src = `id,date,time,kind,step,quote_en,quote_fr,speaker_role_en,speaker_role_fr,text_en,text_fr,channels,image1,alt1_en,alt1_fr,credit,licence,shows,consent,challenge,closes
quote-nurse,2026-12-18,09:00,quote,,"I came for one year. …","J'étais venue pour un an. …",A nurse in Quito,Une infirmière à Quito,,,x-main|mastodon-main,nurse-quito.png,"A nurse in blue scrubs smiles at a clinic door.","Une infirmière en blouse bleue sourit à la porte d'une clinique.",Drawing: takeover sample,CC0-1.0,person,MAYORS-017,,
my-street,2026-12-14,12:00,challenge,launch,,,,,"Show us where newcomers meet. #MyWelcomingStreet",,x-main,street.png,"A street with a library and a bench.",,Drawing: takeover sample,CC0-1.0,nobody,,#MyWelcomingStreet,2026-12-20T12:00
my-street,2026-12-16,12:00,challenge,reminder,,,,,Still time.,,,,,,,,,,,
my-street,2026-12-18,18:00,challenge,reminder,,,,,Still time.,,,,,,,,,,,
`
	p, found := parse(t, Read("mayors.csv", []byte(src), Options{Campaign: demo()}))
	if len(found) > 0 {
		t.Errorf("%v", found)
	}
	if p.ID.Value != "mayors" || p.Window.Value != "mayors-dec" || p.Campaign.Value != "itac" || len(p.Languages) != 2 || len(p.Posts) != 2 || len(p.Media) != 2 {
		t.Errorf("%+v", p)
	}
	q := p.Posts[0]
	if q.Quote.Photo.Value != "nurse-quito" || q.Quote.Consent.Value != "MAYORS-017" || q.Text.All.Value != "“{quote}” — {speaker}" {
		t.Errorf("%+v %+v", q.Quote, q.Text)
	}
	if c := p.Posts[1]; len(c.Steps) != 2 || len(c.Steps[1].At) != 2 || !c.Steps[1].AtIsList || c.Challenge.Hashtag.Value != "#MyWelcomingStreet" {
		t.Errorf("%+v", c)
	}
}

// TestRowsThatContradict: nothing is chosen silently.
func TestRowsThatContradict(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"two texts", "id,date,time,text\na,2026-12-18,09:00,One\na,2026-12-19,09:00,Two\n", "D3 P205"},
		{"two kinds", "id,date,time,kind,text\na,2026-12-18,09:00,message,One\na,2026-12-19,09:00,quote,One\n", "D3 P205"},
		{"two columns", "id,date,time,text,message\na,2026-12-18,09:00,One,Two\n", "E1 P205"},
		{"two times", "id,date,time,at,text\na,2026-12-18,09:00,2026-12-18 10:00,One\n", "B2 P205"},
		{"a step of a quote", "id,date,time,kind,step,quote,speaker_role\na,2026-12-18,09:00,quote,launch,Words,A nurse\n", "E2 P205"},
		{"no headings", "1,2,3\n4,5,6\n", "A1 P204"},
		{"an open quotation mark", "id,date,time,text\na,2026-12-18,09:00,\"One\n", "A2 P200"},
		{"a date alone", "id,date,time,text\na,2026-12-18,,One\n", "B2 P020"},
		{"a time alone", "id,date,time,text\na,,09:00,One\n", "C2 P020"},
		{"a credit for nothing", "id,date,time,text,credit\na,2026-12-18,09:00,One,Ana\n", "E2 W208"},
		{"stream twice", "[Streams]\nid,start\nlive,2026-12-18T15:00\nlive,2026-12-18T16:00\n[Posts]\nid,date,time,text\na,2026-12-18,09:00,One\n", "A4 P090"},
		{"nothing", "id,date,time,text\na,2026-12-18,09:00,One\n", ""},
	} {
		got := said(Read("a.csv", []byte(tt.src), Options{Campaign: demo()}).Findings)
		if strings.Join(got, ", ") != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, got, tt.want)
		}
	}
}

// zipped makes a workbook of parts.
func zipped(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, s := range parts {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(s)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// workbookWith is a workbook whose one sheet has these rows, as XML.
func workbookWith(t testing.TB, rows string, more map[string]string) []byte {
	parts := map[string]string{
		"xl/workbook.xml":            `<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Posts" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="r1" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml":   `<worksheet><sheetData>` + rows + `</sheetData></worksheet>`,
	}
	for name, s := range more {
		parts[name] = s
	}
	return zipped(t, parts)
}

const header = `<row r="1"><c r="A1" t="inlineStr"><is><t>id</t></is></c><c r="B1" t="inlineStr"><is><t>at</t></is></c><c r="C1" t="inlineStr"><is><t>text</t></is></c></row>`

// TestFilesThatAreRefused: each with one finding that says what to do, and
// without holding what a hostile file makes of little.
func TestFilesThatAreRefused(t *testing.T) {
	for _, tt := range []struct {
		name, code string
		file       string
		src        []byte
	}{
		{"macros", "P203", "a.xlsm", workbookWith(t, header, map[string]string{"xl/vbaProject.bin": "x"})},
		{"links to other files", "P203", "a.xlsx", workbookWith(t, header, map[string]string{"xl/externalLinks/externalLink1.xml": "x"})},
		{"OpenDocument", "P200", "a.ods", zipped(t, map[string]string{"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "x"})},
		{"an old workbook", "P200", "a.xls", append([]byte{0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1}, make([]byte, 500)...)},
		{"a zip of something else", "P200", "a.zip", zipped(t, map[string]string{"plan.yaml": "x"})},
		{"a damaged zip", "P200", "a.xlsx", []byte("PK\x03\x04 and then nothing of the kind")},
		{"no text", "P200", "a.csv", []byte("a,b\x00c\n")},
		{"the last cell of all", "P201", "a.xlsx", workbookWith(t, header+`<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>`, nil)},
		{"a column far out", "P201", "a.xlsx", workbookWith(t, header+`<row r="2"><c r="XFD2"><v>1</v></c></row>`, nil)},
		{"a bomb", "P201", "a.xlsx", workbookWith(t, header, map[string]string{"xl/media/image1.png": strings.Repeat("0", maxPlain+1)})},
		{"rows without end", "P201", "a.csv", []byte("id,date,time,text\n" + strings.Repeat("a,b,c,d\n", maxRows+1))},
		{"broken XML", "P200", "a.xlsx", workbookWith(t, header+"<row><c", nil)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if !Is(tt.file, tt.src) && tt.name != "a zip of something else" {
				t.Error("it is not even taken for a sheet")
			}
			s := Read(tt.file, tt.src, Options{})
			if len(s.Findings) != 1 || s.Findings[0].Code != tt.code || s.Findings[0].Fix == "" || s.Source != nil {
				t.Errorf("%v", s.Findings)
			}
		})
	}
}

// TestNumbersOfWorkbooks: long numbers, plain numbers for dates, cells without a place.
func TestNumbersOfWorkbooks(t *testing.T) {
	s := Read("a.xlsx", workbookWith(t, header+`<row><c t="inlineStr"><is><t>a</t></is></c><c><v>46374.375</v></c><c><v>12345678901234567890</v></c></row>`, nil), Options{Campaign: demo()})
	p, found := parse(t, s)
	if got := said(found); !slices.Equal(got, []string{"B2 W206", "C2 W207"}) || p.Posts[0].At[0].Value != "2026-12-18T09:00" {
		t.Errorf("%v %+v", got, p.Posts[0])
	}
}

// TestFindingsNameTheCell: what the plan's check finds is said of the cell, with a remedy in the sheet.
func TestFindingsNameTheCell(t *testing.T) {
	src := "id,date,time,kind,text,image1,alt1_en,credit,licence,shows\nchoir,2026-12-18,09:00,message,Sing,choir.jpg,,Ana,CC0-1.0,nobody\n"
	c := demo()
	c.Policies = campaign.DefaultPolicies()
	s := Read("a.csv", []byte(src), Options{Campaign: c})
	_, _, found := plan.Load(SourceName("a.csv"), s.Source, plan.Env{Campaign: c})
	i := slices.IndexFunc(s.Place(found), func(f campaign.Finding) bool { return f.Code == "P073" })
	if i < 0 {
		t.Fatal(found)
	}
	f := s.Place(found)[i]
	if f.File != "a.csv" || f.Cell != "F2" || f.Heading != "image1" || !strings.Contains(f.Fix, "column G (alt1_en)") {
		t.Errorf("%+v", f)
	}
	if want := "a.csv:F2: error P073: "; !strings.HasPrefix(f.String(), want) {
		t.Errorf("%s", f)
	}
}

// TestShuffledRowsAreTheSamePosts: the order of rows is not part of what a sheet says.
func TestShuffledRowsAreTheSamePosts(t *testing.T) {
	rows := []string{"a,2026-12-18,09:00,One\n", ",2026-12-18,10:00,Two\n", ",2026-12-18,11:00,Three\n"}
	ids := func(order ...int) []string {
		src := "id,date,time,text\n"
		for _, i := range order {
			src += rows[i]
		}
		p, _ := parse(t, Read("a.csv", []byte(src), Options{Campaign: demo()}))
		var out []string
		for _, x := range p.Posts {
			out = append(out, fmt.Sprint(x.ID.Value, x.At[0].Value, x.Text.In("en").Value))
		}
		slices.Sort(out)
		return out
	}
	if a, b := ids(0, 1, 2), ids(2, 1, 0); !slices.Equal(a, b) {
		t.Errorf("%v is not %v", a, b)
	}
}

// TestAnnotatedCopy: findings come back as comments, made names as values, and the copy reads as the same plan.
func TestAnnotatedCopy(t *testing.T) {
	src := read(t, "libreoffice.xlsx")
	s := Read("libreoffice.xlsx", src, Options{Campaign: demo()})
	copied, err := s.Annotate(src, s.Findings)
	if err != nil {
		t.Fatal(err)
	}
	again := Read("libreoffice.xlsx", copied, Options{Campaign: demo()})
	if !bytes.Equal(again.Source, s.Source) || len(again.IDs) != 0 || len(s.IDs) != 1 {
		t.Errorf("the copy is another plan, or made names again: %v", again.IDs)
	}
	z, err := zip.NewReader(bytes.NewReader(copied), int64(len(copied)))
	if err != nil {
		t.Fatal(err)
	}
	var comments bytes.Buffer
	for _, f := range z.File {
		if strings.Contains(f.Name, "comments") {
			in, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			_, _ = comments.ReadFrom(in)
		}
	}
	if !strings.Contains(comments.String(), `ref="E11"`) || !strings.Contains(comments.String(), "#DIV/0!") {
		t.Error("no comment on E11")
	}
	csv := []byte("id,date,time,text\n,2026-12-18,,One\n")
	s = Read("a.csv", csv, Options{Campaign: demo()})
	if copied, err = s.Annotate(csv, s.Findings); err != nil {
		t.Fatal(err)
	}
	if again := Read("a.xlsx", copied, Options{Campaign: demo()}); again.Source == nil {
		t.Errorf("the copy of a CSV file cannot be read: %v", again.Findings)
	}
}

// TestTemplate: an empty template says nothing wrong but that it holds no posts, and takes a row.
func TestTemplate(t *testing.T) {
	b, err := Template(demo(), "mayors-dec")
	if err != nil {
		t.Fatal(err)
	}
	s := Read("t.xlsx", b, Options{Campaign: demo()})
	if len(s.Findings) > 0 {
		t.Errorf("%v", s.Findings)
	}
	p, found := plan.Parse("t.yaml", s.Source)
	if len(found) != 1 || p.ID.Value != "mayors-dec" || len(p.Defaults.Channels) != 4 || len(p.Languages) != 4 {
		t.Errorf("%v %+v", found, p)
	}
	if _, err := Template(demo(), "none"); err == nil {
		t.Error("there is a template for no window")
	}
}

// TestEveryCodeIsGivenSomewhere keeps the list of codes and the reader together.
func TestEveryCodeIsGivenSomewhere(t *testing.T) {
	var source strings.Builder
	for _, file := range []string{"read.go", "cells.go", "posts.go", "pictures.go", "table.go", "csv.go", "xlsx.go"} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(b)
	}
	for _, c := range Codes() {
		if !strings.Contains(source.String(), `"`+c.Code+`"`) {
			t.Errorf("%s is documented and never given", c.Code)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("a.csv", []byte("id,date,time,text\na,2026-12-18,09:00,One\n"))
	f.Add("a.csv", []byte("[Posts]\nid;at;text\n\"a\";start-1h;'=x\n"))
	for _, name := range []string{"libreoffice.xlsx", "openpyxl-1904.xlsx", "xlsxwriter.xlsx"} {
		f.Add(name, read(f, name))
	}
	f.Fuzz(func(t *testing.T, name string, src []byte) {
		s := Read(name, src, Options{Campaign: demo()})
		if s.Source == nil {
			if !s.Findings.HasErrors() {
				t.Error("nothing was read, and nothing is wrong")
			}
			return
		}
		_, found := plan.Parse("a.yaml", s.Source)
		for _, f := range s.Place(found) {
			if f.Code == plan.CodeSyntax || f.Code == plan.CodeFeature {
				t.Errorf("the plan file cannot be read: %s\n%s", f, s.Source)
			}
		}
	})
}

// BenchmarkThousandRows reads, checks and expands a workbook of 1,000 posts of which 200 have an error.
func BenchmarkThousandRows(b *testing.B) {
	rows := [][]cell{}
	head := []cell{}
	for _, h := range []string{"id", "date", "time", "kind", "text_en", "text_fr", "text_es", "text_ar", "channels", "link", "hashtags", "image1", "alt1_en", "alt1_fr", "alt1_es", "alt1_ar", "credit", "licence", "shows", "tolerance"} {
		head = append(head, cell{text: h})
	}
	rows = append(rows, head)
	for i := range 1000 {
		when := fmt.Sprintf("%02d:%02d", i/60%24, i%60)
		if i%5 == 0 {
			when = "noon"
		}
		var row []cell
		for _, s := range []string{fmt.Sprintf("post-%d", i), fmt.Sprintf("2026-12-%02d", 14+i%7), when, "message", fmt.Sprintf("Text number %d. {hashtags} {link}", i), "Un texte.", "Un texto.", "نص", "x-main | mastodon-main",
			"https://example.org/", "#Cities", "street.png", "A street.", "Une rue.", "Una calle.", "شارع", "Drawing", "CC0-1.0", "nobody", "2h"} {
			row = append(row, cell{text: s})
		}
		rows = append(rows, row)
	}
	src, err := workbookOf([]table{{name: "Plan", first: 1}, {name: "Posts", first: 1, rows: rows}}, nil, "")
	if err != nil {
		b.Fatal(err)
	}
	c := demo()
	for b.Loop() {
		s := Read("big.xlsx", src, Options{Campaign: c})
		_, _, found := plan.Load("big.yaml", s.Source, plan.Env{Campaign: c})
		n := 0
		for _, f := range s.Place(found) {
			if f.Code == "P020" {
				n++
			}
		}
		if n != 200 {
			b.Fatalf("%d times that cannot be read", n)
		}
	}
}
