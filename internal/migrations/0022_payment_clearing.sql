-- +goose Up
-- A human closes what was flagged. fact is what the flag stands for, and stays
-- when it is closed: as long as the provider says the same, it is not raised again.
ALTER TABLE payment ADD COLUMN flag_no BIGINT NOT NULL DEFAULT 0;    -- how many flags there have been: the present one's number
ALTER TABLE payment ADD COLUMN fact TEXT NOT NULL DEFAULT '';        -- flag ':' what was reported, '' for nothing
ALTER TABLE payment ADD COLUMN kept BIGINT NOT NULL DEFAULT 0;       -- taken into the ledger without a demand
ALTER TABLE payment ADD COLUMN returned BIGINT NOT NULL DEFAULT 0;   -- of that, what the Kasse settled outside of the platform
UPDATE payment SET flag_no=1 WHERE flag<>'';
UPDATE payment SET kept=amount WHERE flag='surplus';

CREATE TABLE payment_clearing (
    tenant_id   TEXT NOT NULL,
    payment_id  TEXT NOT NULL,
    flag_no     BIGINT NOT NULL,
    case_id     TEXT NOT NULL,
    flag        TEXT NOT NULL,
    fact        TEXT NOT NULL,
    reason      TEXT NOT NULL,
    note        {blob} NOT NULL,        -- sealed; empty when the case was erased
    booked      BIGINT NOT NULL,        -- cents that left the ledger by this, 0 for none
    staff_id    TEXT NOT NULL,
    at          BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, payment_id, flag_no)
){strict};
CREATE INDEX payment_clearing_case ON payment_clearing (tenant_id, case_id);

-- +goose Down
DROP TABLE payment_clearing;
ALTER TABLE payment DROP COLUMN returned;
ALTER TABLE payment DROP COLUMN kept;
ALTER TABLE payment DROP COLUMN fact;
ALTER TABLE payment DROP COLUMN flag_no;
