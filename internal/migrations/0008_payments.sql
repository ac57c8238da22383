-- +goose Up
-- One attempt to pay a demand. demand_id is the first attempt's id.
CREATE TABLE payment (
    tenant_id   TEXT NOT NULL,
    id          TEXT NOT NULL,
    demand_id   TEXT NOT NULL,
    attempt     BIGINT NOT NULL,
    case_id     TEXT NOT NULL,
    person_id   TEXT NOT NULL,          -- '' for a guest
    amount      BIGINT NOT NULL,
    purpose     TEXT NOT NULL,
    reference   TEXT NOT NULL,          -- case number or Kassenzeichen
    lines       {blob} NOT NULL,        -- fee lines, sealed
    state       TEXT NOT NULL,
    provider    TEXT NOT NULL,          -- '' until chosen
    ref         TEXT NOT NULL,          -- the provider's reference, '' until it answered
    flag        TEXT NOT NULL,          -- why a human has to look, '' for nothing
    refunded    BIGINT NOT NULL,
    turn        BIGINT NOT NULL,        -- how often the job asked the provider
    created_at  BIGINT NOT NULL,
    started_at  BIGINT NOT NULL,
    settled_at  BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
){strict};
CREATE UNIQUE INDEX payment_demand ON payment (tenant_id, case_id, reference, attempt);
CREATE UNIQUE INDEX payment_attempt ON payment (tenant_id, demand_id, attempt);
CREATE UNIQUE INDEX payment_live_once ON payment (tenant_id, demand_id) WHERE state IN ('open','started','pending');
CREATE UNIQUE INDEX payment_paid_once ON payment (tenant_id, demand_id) WHERE state = 'paid';
CREATE UNIQUE INDEX payment_ref ON payment (tenant_id, provider, ref) WHERE ref <> '';
CREATE INDEX payment_person ON payment (person_id, created_at);

-- The ledger: two entries a booking, sum zero, never changed.
CREATE TABLE ledger_entry (
    tenant_id   TEXT NOT NULL,
    booking     TEXT NOT NULL,          -- what happened to what, once: 'payment:01h…'
    account     TEXT NOT NULL,          -- forderung, ertrag, zahlung:<provider>, verwahrung, erstattung
    amount      BIGINT NOT NULL,        -- cents, debit positive
    demand_id   TEXT NOT NULL,
    case_id     TEXT NOT NULL,
    payment_id  TEXT NOT NULL,
    at          BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, booking, account)
){strict};
CREATE INDEX ledger_case ON ledger_entry (tenant_id, case_id, at);

-- The demo bank's own records: the partner's side, not ours.
CREATE TABLE demo_payment (
    tenant_id   TEXT NOT NULL,
    ref         TEXT NOT NULL,
    realm_id    TEXT NOT NULL,
    order_key   TEXT NOT NULL,
    provider    TEXT NOT NULL,
    amount      BIGINT NOT NULL,
    purpose     TEXT NOT NULL,
    reference   TEXT NOT NULL,
    return_url  TEXT NOT NULL,
    state       TEXT NOT NULL,
    paid        BIGINT NOT NULL,        -- what was really paid
    refunded    BIGINT NOT NULL,
    booked_at   BIGINT NOT NULL,
    notices     {json} NOT NULL,        -- what it still has to tell, and when
    notice_at   BIGINT NOT NULL,        -- the next of them, 0 for none
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, ref),
    UNIQUE (tenant_id, order_key)
){strict};
CREATE INDEX demo_payment_due ON demo_payment (notice_at) WHERE notice_at > 0;

-- +goose Down
DROP TABLE demo_payment;
DROP TABLE ledger_entry;
DROP TABLE payment;
