package delivery

import (
	"context"
	"encoding/json"
	"time"
)

// Connector takes parcels to a partner. deliverytest.Run checks one.
type Connector interface {
	// Deliver hands the parcel over. It returns a receipt only when the
	// partner has the parcel durably and whole: the bytes agree with each
	// file's SHA256, and nothing of it can be seen before all of it can. A
	// parcel whose ID the partner has already, with the same content, is a
	// success; with other content it is an error of kind Conflict. After an
	// error the same parcel may be delivered again. Safe for concurrent use.
	Deliver(ctx context.Context, p Parcel) (Receipt, error)
}

// Receipt is the partner's word that it has the parcel.
type Receipt struct {
	Ref string    // the partner's reference, at most 200 bytes, no personal data
	At  time.Time // when it took the parcel; zero means now
}

// Factory makes a connector from a tenant's settings and refuses wrong ones
// (errs.KindInvalid). It is called for each delivery and does not call the
// partner.
type Factory func(settings json.RawMessage) (Connector, error)

// Port is the name of this port in tenancy.Extension.
const Port = "delivery"
