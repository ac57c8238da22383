-- +goose Up
-- A citizen's account in a realm. The profile is sealed under a key per person
-- below the key of the tenant that answers for the realm's accounts.
CREATE TABLE account (
    realm_id    TEXT NOT NULL,
    person_id   TEXT NOT NULL,
    sealed_key  {blob} NOT NULL,
    profile     {blob} NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    PRIMARY KEY (realm_id, person_id)
){strict};

-- By which means of sign-in a person is known: method and a keyed digest of
-- the subject that the method gave.
CREATE TABLE account_identity (
    realm_id    TEXT NOT NULL,
    method      TEXT NOT NULL,
    subject     {blob} NOT NULL,
    person_id   TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (realm_id, method, subject)
){strict};

CREATE TABLE login_attempt (
    tenant_id   TEXT NOT NULL,
    id          {blob} NOT NULL,         -- digest of the state in the address
    kind        TEXT NOT NULL,           -- citizen, staff
    method      TEXT NOT NULL,
    level       BIGINT NOT NULL,
    return_path TEXT NOT NULL,
    expires_at  BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
){strict};

CREATE TABLE session (
    tenant_id   TEXT NOT NULL,
    id          {blob} NOT NULL,         -- digest of the secret in the cookie
    kind        TEXT NOT NULL,
    person_id   TEXT NOT NULL,           -- '' for staff
    staff_id    TEXT NOT NULL,           -- '' for citizens
    level       BIGINT NOT NULL,
    means       TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    seen_at     BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
){strict};
CREATE INDEX session_person ON session (person_id);
CREATE INDEX session_seen ON session (tenant_id, seen_at);

CREATE TABLE staff (
    tenant_id   TEXT NOT NULL,
    id          TEXT NOT NULL,
    method      TEXT NOT NULL,
    subject     TEXT NOT NULL,
    name        {blob} NOT NULL,         -- sealed
    active      {bool} NOT NULL,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, method, subject)
){strict};

CREATE TABLE staff_grant (
    tenant_id   TEXT NOT NULL,
    staff_id    TEXT NOT NULL,
    role        TEXT NOT NULL,
    unit_id     TEXT NOT NULL,           -- '' for all units
    granted_by  TEXT NOT NULL,
    granted_at  BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, staff_id, role, unit_id),
    FOREIGN KEY (tenant_id, staff_id) REFERENCES staff (tenant_id, id)
){strict};

-- +goose Down
DROP TABLE staff_grant;
DROP TABLE staff;
DROP TABLE session;
DROP TABLE login_attempt;
DROP TABLE account_identity;
DROP TABLE account;
