package boltstore

import "github.com/ittakesacommunity/takeover/store/record"

// bucket names one sorted part of the file.
type bucket int

const (
	inMeta bucket = iota // schema, life, counts
	inSettings
	inPlans
	inBlobs
	inContents
	inDeliveries
	inAttempts
	inStaged
	inRemotes
	inLanes
	inAudit
	inAside
	// indexes of deliveries: keys only
	byRun
	byArmed
	byDoubt
	byDoubtLane
	byExpiry
	byState
	byPlan
	byChannel
	byTwin
	bucketCount
)

var bucketNames = [bucketCount]string{
	"meta", "setting", "plan", "blob", "content", "delivery", "attempt", "staged", "remote", "lane", "audit", "aside",
	"by-run", "by-armed", "by-doubt", "by-doubt-lane", "by-expiry", "by-state", "by-plan", "by-channel", "by-twin",
}

// kind is what the records of the bucket are.
func (b bucket) kind() record.Kind { return record.Kind(bucketNames[b]) }

// maxName bounds each id that goes into a key, in bytes; bbolt's keys end at 32768.
const maxName = 4096
