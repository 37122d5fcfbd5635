package scheduler

import (
	"fmt"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
)

// about is a notice on one delivery.
func about(d *campaign.Delivery, k NoticeKind, text string, now time.Time) Notice {
	return Notice{At: now, Kind: k, Delivery: d.ID, Plan: d.Plan, Lane: d.Lane, Code: d.Reason.Code, Text: text}
}

// endNotice is what people are told about the state a delivery has just
// reached; nothing when it is as planned or their own doing.
func endNotice(d *campaign.Delivery, now time.Time) []Notice {
	name := string(d.Plan) + "/" + string(d.Post) + " on " + string(d.Channel)
	why := d.Reason.Text
	if why == "" {
		why = d.Reason.Code
	}
	one := func(k NoticeKind, format string, args ...any) []Notice {
		return []Notice{about(d, k, name+" "+fmt.Sprintf(format, args...), now)}
	}
	switch d.State {
	case campaign.Missed:
		return one(NoticeMissed, "was not sent: %s", why)
	case campaign.Cancelled:
		return one(NoticeCancelled, "was cancelled: %s", why)
	case campaign.Rejected:
		return one(NoticeRefused, "was refused by the platform: %s", why)
	case campaign.NeedsHuman:
		return one(NoticePerson, "needs a decision: %s", why)
	case campaign.Scheduled:
		if d.Parked && d.Reason.Code != campaign.ReasonHeld && d.Reason.Code != campaign.ReasonWaitsLive {
			return one(NoticeParked, "waits: %s", why)
		}
	case campaign.Published:
		var ns []Notice
		if d.Lateness > campaign.OnTime {
			ns = one(NoticeLate, "went out %s late", d.Lateness.Round(time.Second))
		}
		if len(d.Warnings) > 0 {
			ns = append(ns, one(NoticeWarning, "is public, but %s", d.Warnings[len(d.Warnings)-1])...)
		}
		return ns
	}
	return nil
}
