-- +goose Up
-- What the Kasse received on another way than through a provider: an attempt of
-- its own, whose provider is the Kasse.
ALTER TABLE payment ADD COLUMN way TEXT NOT NULL DEFAULT '';             -- transfer, cash, card, other; '' for a provider's
ALTER TABLE payment ADD COLUMN received_on BIGINT NOT NULL DEFAULT 0;    -- the day, as midnight UTC; 0 for a provider's
ALTER TABLE payment ADD COLUMN voucher TEXT NOT NULL DEFAULT '';         -- the number in the cash system
CREATE INDEX payment_reference ON payment (tenant_id, reference);
CREATE INDEX payment_voucher ON payment (tenant_id, voucher) WHERE voucher <> '';
CREATE INDEX payment_unpaid ON payment (tenant_id, id) WHERE state <> 'paid';

-- Who said so, and what he noted: the authority's own.
CREATE TABLE payment_inpayment (
    tenant_id   TEXT NOT NULL,
    payment_id  TEXT NOT NULL,
    case_id     TEXT NOT NULL,
    note        {blob} NOT NULL,        -- sealed; empty when there is none or the case was erased
    staff_id    TEXT NOT NULL,
    at          BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, payment_id)
){strict};
CREATE INDEX payment_inpayment_case ON payment_inpayment (tenant_id, case_id);

-- +goose Down
DROP TABLE payment_inpayment;
DROP INDEX payment_unpaid;
DROP INDEX IF EXISTS payment_voucher;
DROP INDEX payment_reference;
ALTER TABLE payment DROP COLUMN voucher;
ALTER TABLE payment DROP COLUMN received_on;
ALTER TABLE payment DROP COLUMN way;
