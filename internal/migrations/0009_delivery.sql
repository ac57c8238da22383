-- +goose Up
-- What was, is or is to be handed to an authority's own systems.
CREATE TABLE parcel (
    tenant_id  TEXT NOT NULL REFERENCES tenant(id),
    id         TEXT NOT NULL,
    case_id    TEXT NOT NULL,
    event      TEXT NOT NULL,          -- submitted, replied:…, decided
    seq        BIGINT NOT NULL,        -- order of the events in the case
    number     TEXT NOT NULL,          -- case number, '' before the first attempt
    state      TEXT NOT NULL,          -- waiting, delivered, failed, none
    round      BIGINT NOT NULL,        -- grows with each sending by hand
    attempts   BIGINT NOT NULL,
    connector  TEXT NOT NULL,
    failure    TEXT NOT NULL,          -- text key of the last failure
    ref        TEXT NOT NULL,          -- of the partner's receipt
    planned_at BIGINT NOT NULL,
    tried_at   BIGINT NOT NULL,
    ended_at   BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, case_id, event)
){strict};
CREATE INDEX parcel_state ON parcel (tenant_id, state, planned_at);

-- +goose Down
DROP TABLE parcel;
