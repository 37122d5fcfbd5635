package campaign

// Codes of reasons. They are stored and shown in JSON, so they never change;
// desk has a sentence for people on each.
const (
	ReasonPlanned     = "planned"
	ReasonApproved    = "approved"
	ReasonUnapproved  = "approval_taken_back"
	ReasonChanged     = "changed"
	ReasonWithdrawn   = "withdrawn"
	ReasonRemoved     = "removed"
	ReasonOrganizer   = "organizer"
	ReasonConsent     = "consent"
	ReasonGrant       = "grant"
	ReasonNoApproval  = "no_approval"
	ReasonTooLate     = "too_late"
	ReasonSkipLate    = "skipped_after_restart"
	ReasonAskLate     = "late_after_restart" // parked until a person lets it go
	ReasonArmed       = "armed"
	ReasonPublished   = "published"
	ReasonFound       = "found"
	ReasonPerson      = "person"
	ReasonRefused     = "refused"
	ReasonDuplicate   = "duplicate"
	ReasonNotSent     = "not_sent"
	ReasonGate        = "gate"
	ReasonNextPart    = "next_part"
	ReasonDoubt       = "doubt"
	ReasonCrash       = "crash"
	ReasonAbsent      = "absent"
	ReasonCannotTell  = "cannot_tell"
	ReasonTouched     = "touched"
	ReasonTwin        = "twin"
	ReasonTwinPending = "twin_pending"
	ReasonStopped     = "stopped"
	ReasonHeld        = "held"
	ReasonLeft        = "approver_left" // who approved it was disabled; parked until a person lets it go
	ReasonWaitsLive   = "waits_live"
	ReasonWaitsValue  = "waits_value"
	ReasonHash        = "hash"
	ReasonNoPost      = "no_post_hours"
	ReasonGap         = "gap"
	ReasonQuota       = "quota"
	ReasonRate        = "rate"
	ReasonLane        = "lane"
	ReasonRestPartial = "rest_given_up"
	ReasonMedia       = "media"
	ReasonRestored    = "restored"    // it may have gone out before the store was put back
	ReasonHandedOver  = "handed_over" // a person has text and files, and pastes the link
)

// Reasons lists all codes, in the order above.
func Reasons() []string {
	return []string{
		ReasonPlanned, ReasonApproved, ReasonUnapproved, ReasonChanged, ReasonWithdrawn, ReasonRemoved,
		ReasonOrganizer, ReasonConsent, ReasonGrant, ReasonNoApproval, ReasonTooLate, ReasonSkipLate, ReasonAskLate,
		ReasonArmed, ReasonPublished, ReasonFound, ReasonPerson, ReasonRefused, ReasonDuplicate,
		ReasonNotSent, ReasonGate, ReasonNextPart, ReasonDoubt, ReasonCrash, ReasonAbsent,
		ReasonCannotTell, ReasonTouched, ReasonTwin, ReasonTwinPending, ReasonStopped, ReasonHeld, ReasonLeft,
		ReasonWaitsLive, ReasonWaitsValue, ReasonHash, ReasonNoPost, ReasonGap, ReasonQuota, ReasonRate,
		ReasonLane, ReasonRestPartial, ReasonMedia, ReasonRestored, ReasonHandedOver,
	}
}
