package cases

import (
	"slices"
	"strings"
	"testing"

	"stadttor/internal/errs"
)

// legal is the table as an official would write it down: state, then who: event
// (next state).
const legal = `
draft            applicant submit submitted | applicant submit_to_pay awaiting_payment | applicant discard expired | clock expire expired
awaiting_payment treasury pay submitted | treasury receive submitted | applicant withdraw withdrawn | clock expire expired
submitted        clerk claim in_review | clerk move submitted | applicant withdraw withdrawn
in_review        clerk claim in_review | clerk release in_review | clerk move in_review | clerk ask question | clerk approve approved | clerk reject rejected | clerk approve_partly partly | applicant withdraw withdrawn
question         applicant reply in_review | clerk resume in_review | clerk claim question | clerk release question | clerk move question | applicant withdraw withdrawn
approved         clerk close closed
rejected         clerk close closed
partly           clerk close closed
withdrawn        clerk close closed
closed
expired`

var (
	allStates = []State{StateDraft, StateAwaitingPayment, StateSubmitted, StateInReview, StateQuestion, StateApproved, StateRejected, StatePartly, StateClosed, StateWithdrawn, StateExpired}
	allEvents = []Event{EventSubmit, EventSubmitToPay, EventPay, EventReceive, EventDiscard, EventExpire, EventClaim, EventRelease, EventMove, EventAsk, EventReply, EventResume, EventApprove, EventReject, EventPartly, EventWithdraw, EventClose, EventNote, EventErase}
	allWho    = []Who{Applicant, Clerk, Treasury, Clock}
)

func TestEveryStateWhoAndEventIsLegalOrRefused(t *testing.T) {
	want := map[string]State{}
	for line := range strings.SplitSeq(strings.TrimSpace(legal), "\n") {
		from, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		for edge := range strings.SplitSeq(rest, "|") {
			if f := strings.Fields(edge); len(f) == 3 {
				want[from+" "+f[0]+" "+f[1]] = State(f[2])
			}
		}
	}
	legalSeen := 0
	for _, s := range allStates {
		for _, w := range allWho {
			for _, e := range allEvents {
				name := string(s) + " " + string(w) + " " + string(e)
				to, err := step(s, w, e)
				if next, ok := want[name]; ok {
					legalSeen++
					if err != nil || to != next {
						t.Errorf("%s: want %s, got %s %v", name, next, to, err)
					}
					continue
				}
				if !errs.Is(err, errs.KindConflict) || to != s {
					t.Errorf("%s was allowed: %s %v", name, to, err)
				}
			}
		}
	}
	if legalSeen != len(want) || len(Edges()) != len(want) {
		t.Errorf("%d edges in the table, %d seen, %d wanted", len(Edges()), legalSeen, len(want))
	}
}

func TestEveryStateAndEventHasGermanWords(t *testing.T) {
	for _, s := range allStates {
		if s.German() == "" {
			t.Errorf("state %s has no German name", s)
		}
	}
	for _, e := range append(slices.Clone(allEvents), EventStart, EventReadDecision, EventDelivered) {
		if h, ok := history[e]; !ok || h.applicant == "" && h.staff == "" && e != EventStart {
			t.Errorf("event %s is not told to anybody", e)
		}
	}
}

func TestWhatStaffSeeIsReceivedAndWhatIsOpenIsUndecided(t *testing.T) {
	for _, s := range allStates {
		if s.Open() && (s.Decided() || !s.Received()) {
			t.Errorf("%s is open and decided, or open and not received", s)
		}
		if s.Decided() && !s.Received() {
			t.Errorf("%s is decided before it was received", s)
		}
	}
	for _, s := range []State{StateDraft, StateAwaitingPayment, StateExpired, ""} {
		if s.Received() {
			t.Errorf("%q is shown to staff", s)
		}
	}
}
