//go:build unix

package web

import (
	"fmt"
	"net/http"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// manyDeliveries fills the store with n deliveries over the mayors' week: a
// third is published, a twentieth waits for approval, a few need a person.
func (w *world) manyDeliveries(tb testing.TB, n int) {
	tb.Helper()
	w.submit()
	first := time.Date(2026, 12, 14, 0, 0, 0, 0, time.UTC)
	for from := 0; from < n; from += 1000 {
		err := w.desk.Store.Update(tb.Context(), func(tx store.Tx) error {
			ds, _, err := tx.List(store.Filter{Plan: "mayors"}, "", 1)
			if err != nil {
				return err
			}
			for i := from; i < min(n, from+1000); i++ {
				d := ds[0].Clone()
				d.Post, d.Revision = campaign.PostID(fmt.Sprintf("p%d", i)), 0
				d.Fingerprint = fmt.Sprint(i)
				d.ID = campaign.Identity(d.Takeover, d.Plan, d.Post, "", d.Channel, "en", fmt.Sprint(i))
				d.Due = first.Add(time.Duration(i) * 7 * 24 * time.Hour / time.Duration(n))
				d.Latest = d.Due.Add(4 * time.Hour)
				switch {
				case i < n/3:
					d.State, d.Receipts = campaign.Published, []campaign.Receipt{{RemoteID: fmt.Sprint(i), URL: "https://wall.example/1", At: d.Due}}
				case i%20 == 0:
				case i%1000 == 1:
					d.State, d.Reason.Code = campaign.NeedsHuman, campaign.ReasonCannotTell
				default:
					d.State, d.Approvals = campaign.Scheduled, []campaign.Approval{{By: "second@campaign.example", Hash: d.Wants}}
				}
				if err := tx.PutDelivery(&d); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
	w.clock.now = first.Add(7 * 24 * time.Hour / 3)
}

// busy is how long the processors worked for this process: what an answer
// costs, however busy the machine is with others.
func busy(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkScreens is what each screen costs with 10,000 deliveries in the
// store; the target is 100 ms at the 95th percentile (ux.md §10).
func BenchmarkScreens(b *testing.B) {
	w := newWorld(b)
	w.manyDeliveries(b, 10_000)
	cookie := w.signedIn("desk@campaign.example")
	paths := append(w.screens(), "/calendar?view=week&day=2026-12-16", "/queue?state=planned", "/queue?open=1")
	for _, path := range paths {
		b.Run(path, func(b *testing.B) {
			var took []time.Duration
			size := 0
			for b.Loop() {
				begin := busy(b)
				r := w.page(path, cookie)
				took = append(took, busy(b)-begin)
				if size = r.Body.Len(); r.Code != http.StatusOK {
					b.Fatalf("status %d", r.Code)
				}
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*95/100])/1e6, "p95-cpu-ms")
			b.ReportMetric(float64(size)/1024, "KiB")
		})
	}
}
