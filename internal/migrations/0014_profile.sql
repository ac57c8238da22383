-- +goose Up
-- What a person stated besides the attributes: further addresses, persons of
-- the household. Sealed under the person's own key.
CREATE TABLE account_part (
    realm_id   TEXT NOT NULL,
    person_id  TEXT NOT NULL,
    id         TEXT NOT NULL,
    kind       TEXT NOT NULL,           -- address, household
    sealed     {blob} NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (realm_id, person_id, id)
){strict};

-- Which authority may use what of the account, for what. The authority is no
-- wall here: the row is the person's.
CREATE TABLE account_consent (
    realm_id     TEXT NOT NULL,
    person_id    TEXT NOT NULL,
    id           TEXT NOT NULL,
    authority    TEXT NOT NULL,         -- tenant
    purpose      TEXT NOT NULL,         -- prefill
    form         TEXT NOT NULL,         -- '' for every form of the authority
    case_id      TEXT NOT NULL,         -- the one application, '' for all to come
    attributes   TEXT NOT NULL,         -- names, comma separated; '' for a refusal
    text_version BIGINT NOT NULL,       -- of the text that was agreed to
    level        BIGINT NOT NULL,       -- of the session
    given_at     BIGINT NOT NULL,
    withdrawn_at BIGINT NOT NULL,
    PRIMARY KEY (realm_id, person_id, id)
){strict};
CREATE UNIQUE INDEX account_consent_case ON account_consent (realm_id, person_id, authority, case_id) WHERE case_id <> '';
CREATE UNIQUE INDEX account_consent_standing ON account_consent (realm_id, person_id, authority, purpose) WHERE case_id = '' AND withdrawn_at = 0;

-- Every use of stored data, and every act of somebody else for the person.
-- Rows are only ever added; they go with the account.
CREATE TABLE account_use (
    realm_id     TEXT NOT NULL,
    person_id    TEXT NOT NULL,
    id           TEXT NOT NULL,
    authority    TEXT NOT NULL,
    purpose      TEXT NOT NULL,         -- prefill, represented
    form         TEXT NOT NULL,
    title        TEXT NOT NULL,         -- of the form
    case_id      TEXT NOT NULL,
    consent_id   TEXT NOT NULL,         -- or the mandate
    attributes   TEXT NOT NULL,         -- names, comma separated
    at           BIGINT NOT NULL,
    PRIMARY KEY (realm_id, person_id, id)
){strict};
CREATE UNIQUE INDEX account_use_once ON account_use (realm_id, person_id, case_id, consent_id, attributes);
CREATE INDEX account_use_time ON account_use (realm_id, person_id, at);

-- A mandate: the giver is represented by the holder. Either may have no
-- account ('': a child; an invitation that nobody has taken yet). Names and
-- proof are sealed under the mandate's own key, which is thrown away with the
-- account of either.
CREATE TABLE account_mandate (
    realm_id    TEXT NOT NULL,
    id          TEXT NOT NULL,
    kind        TEXT NOT NULL,          -- guardian, authorised, employee
    role        TEXT NOT NULL,          -- employee: owner, employee
    state       TEXT NOT NULL,          -- invited, active, declined, revoked
    giver       TEXT NOT NULL,
    holder      TEXT NOT NULL,
    confirmed   {bool} NOT NULL,        -- both sides said yes
    services    TEXT NOT NULL,          -- slugs, comma separated; '' for all
    level       BIGINT NOT NULL,        -- of the session in which it was stated or given
    code        {blob},                 -- digest of the invitation, NULL when used
    code_until  BIGINT NOT NULL,
    starts_at   BIGINT NOT NULL,
    ends_at     BIGINT NOT NULL,        -- 0: until it is revoked
    ended_at    BIGINT NOT NULL,
    ended_by    TEXT NOT NULL,          -- giver, holder, erased
    sealed_key  {blob} NOT NULL,        -- empty once erased
    sealed      {blob} NOT NULL,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (realm_id, id)
){strict};
CREATE UNIQUE INDEX account_mandate_code ON account_mandate (realm_id, code);

-- Whose mandate it is: the wall of a person's scope.
CREATE TABLE account_mandate_party (
    realm_id   TEXT NOT NULL,
    person_id  TEXT NOT NULL,
    mandate_id TEXT NOT NULL,
    side       TEXT NOT NULL,           -- giver, holder
    PRIMARY KEY (realm_id, person_id, mandate_id)
){strict};

-- For whom a person acts just now, at all portals.
CREATE TABLE account_acting (
    realm_id   TEXT NOT NULL,
    person_id  TEXT NOT NULL,
    mandate_id TEXT NOT NULL,
    since      BIGINT NOT NULL,
    PRIMARY KEY (realm_id, person_id)
){strict};

-- A last notice on its way to somebody whose account is gone.
CREATE TABLE account_farewell (
    realm_id   TEXT NOT NULL,
    id         TEXT NOT NULL,
    sealed     {blob} NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (realm_id, id)
){strict};

-- On whose behalf a case was begun and sent: a snapshot of the mandate, sealed
-- under the key of the case.
CREATE TABLE case_behalf (
    tenant_id  TEXT NOT NULL,
    case_id    TEXT NOT NULL,
    person_id  TEXT NOT NULL,           -- of who acts
    mandate_id TEXT NOT NULL,
    sealed     {blob} NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, case_id),
    FOREIGN KEY (tenant_id, case_id) REFERENCES case_record (tenant_id, id)
){strict};

-- +goose Down
DROP TABLE case_behalf;
DROP TABLE account_farewell;
DROP TABLE account_acting;
DROP TABLE account_mandate_party;
DROP TABLE account_mandate;
DROP TABLE account_use;
DROP TABLE account_consent;
DROP TABLE account_part;
