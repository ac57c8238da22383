-- +goose Up
-- The audit log: one hash chain per tenant ('' for the realm's own chain).
CREATE TABLE audit_entry (
    realm_id   TEXT NOT NULL,
    tenant_id  TEXT NOT NULL,
    seq        BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    actor      TEXT NOT NULL,           -- kind:id, never a name
    action     TEXT NOT NULL,
    object     TEXT NOT NULL,           -- kind:id
    outcome    TEXT NOT NULL,
    detail     TEXT NOT NULL,           -- closed vocabulary, no personal data
    prev_hash  {blob} NOT NULL,
    hash       {blob} NOT NULL,
    PRIMARY KEY (realm_id, tenant_id, seq)
){strict};

CREATE TABLE audit_head (
    realm_id   TEXT NOT NULL,
    tenant_id  TEXT NOT NULL,
    seq        BIGINT NOT NULL,
    hash       {blob} NOT NULL,
    PRIMARY KEY (realm_id, tenant_id)
){strict};

CREATE TABLE job (
    realm_id     TEXT NOT NULL,
    tenant_id    TEXT NOT NULL,
    id           TEXT NOT NULL,
    kind         TEXT NOT NULL,
    unique_key   TEXT NOT NULL,          -- idempotency key of the effect
    payload      {json} NOT NULL,        -- IDs only
    state        TEXT NOT NULL,          -- waiting, running, done, dead
    attempt      BIGINT NOT NULL,
    max_attempts BIGINT NOT NULL,
    run_at       BIGINT NOT NULL,
    lease_until  BIGINT NOT NULL,
    last_error   TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    done_at      BIGINT NOT NULL,
    PRIMARY KEY (realm_id, tenant_id, id)
){strict};
CREATE UNIQUE INDEX job_once ON job (realm_id, tenant_id, kind, unique_key);
CREATE INDEX job_due ON job (state, run_at);

-- +goose Down
DROP TABLE job;
DROP TABLE audit_head;
DROP TABLE audit_entry;
