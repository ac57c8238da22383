-- +goose Up
-- Local accounts: credentials of the citizens of a realm (tenant_id '') or of
-- the staff of one tenant. Everything that names a person is sealed or a keyed
-- digest.
CREATE TABLE local_account (
    realm_id    TEXT NOT NULL,
    tenant_id   TEXT NOT NULL,           -- '' for citizens
    id          TEXT NOT NULL,           -- subject of the sign-in method, user handle of passkeys
    holder      TEXT NOT NULL,           -- person or member of staff, '' before the first sign-in
    mail_index  {blob} NOT NULL,         -- keyed digest of the address
    mail        {blob} NOT NULL,         -- sealed
    names       {blob} NOT NULL,         -- sealed
    password    {blob} NOT NULL,         -- sealed argon2id text with its parameters, empty for none
    password_at BIGINT NOT NULL,
    lang        TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (realm_id, tenant_id, id)
){strict};
CREATE UNIQUE INDEX local_account_mail ON local_account (realm_id, tenant_id, mail_index);
CREATE INDEX local_account_holder ON local_account (realm_id, tenant_id, holder);

-- One-time codes of an app (RFC 6238), at most one per account.
CREATE TABLE local_totp (
    realm_id     TEXT NOT NULL,
    tenant_id    TEXT NOT NULL,
    account_id   TEXT NOT NULL,
    secret       {blob} NOT NULL,        -- sealed
    confirmed_at BIGINT NOT NULL,        -- 0: being set up
    last_step    BIGINT NOT NULL,        -- of the last code taken: none is taken twice
    PRIMARY KEY (realm_id, tenant_id, account_id)
){strict};

CREATE TABLE local_recovery_code (
    realm_id   TEXT NOT NULL,
    tenant_id  TEXT NOT NULL,
    account_id TEXT NOT NULL,
    code       {blob} NOT NULL,          -- keyed digest
    used_at    BIGINT NOT NULL,          -- 0: still good
    PRIMARY KEY (realm_id, tenant_id, account_id, code)
){strict};

CREATE TABLE local_passkey (
    realm_id      TEXT NOT NULL,
    tenant_id     TEXT NOT NULL,
    id            TEXT NOT NULL,
    account_id    TEXT NOT NULL,
    credential_id {blob} NOT NULL,       -- chosen by the authenticator
    credential    {blob} NOT NULL,       -- sealed: public key, counter, flags
    name          {blob} NOT NULL,       -- sealed: the person's own word for it
    created_at    BIGINT NOT NULL,
    used_at       BIGINT NOT NULL,
    PRIMARY KEY (realm_id, tenant_id, id)
){strict};
CREATE UNIQUE INDEX local_passkey_credential ON local_passkey (realm_id, tenant_id, credential_id);
CREATE INDEX local_passkey_account ON local_passkey (realm_id, tenant_id, account_id);

-- One try to sign in, between the method's Begin and Complete.
CREATE TABLE local_try (
    realm_id   TEXT NOT NULL,
    tenant_id  TEXT NOT NULL,
    id         TEXT NOT NULL,
    secret     {blob} NOT NULL,          -- digest; another one after each step
    back       {blob} NOT NULL,          -- sealed: state and return page of the host
    stage      TEXT NOT NULL,            -- password, code, enrol, done
    account_id TEXT NOT NULL,            -- '' while nobody is known
    means      TEXT NOT NULL,
    portal     TEXT NOT NULL,            -- slug of the tenant one came from
    lang       TEXT NOT NULL,
    wrong      BIGINT NOT NULL,          -- wrong codes in this try
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (realm_id, tenant_id, id)
){strict};
CREATE UNIQUE INDEX local_try_secret ON local_try (realm_id, tenant_id, secret);

-- A link sent by mail.
CREATE TABLE local_link (
    realm_id   TEXT NOT NULL,
    tenant_id  TEXT NOT NULL,
    secret     {blob} NOT NULL,          -- digest
    purpose    TEXT NOT NULL,            -- register, recover, address, none
    account_id TEXT NOT NULL,
    mail_index {blob} NOT NULL,
    mail       {blob} NOT NULL,          -- sealed
    lang       TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (realm_id, tenant_id, secret)
){strict};

-- A passkey ceremony between its challenge and its answer.
CREATE TABLE local_ceremony (
    realm_id   TEXT NOT NULL,
    tenant_id  TEXT NOT NULL,
    id         {blob} NOT NULL,          -- digest of what the browser holds
    session    {blob} NOT NULL,          -- sealed: challenge and what was asked for
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (realm_id, tenant_id, id)
){strict};

-- A mail on its way from the realm to the tenant that sends it.
CREATE TABLE local_mail (
    realm_id   TEXT NOT NULL,
    tenant_id  TEXT NOT NULL,
    id         TEXT NOT NULL,
    message    {blob} NOT NULL,          -- sealed: recipient, template, link
    created_at BIGINT NOT NULL,
    PRIMARY KEY (realm_id, tenant_id, id)
){strict};

-- Tries against one account, from one block of addresses, and mails to one
-- address: counted once for all nodes.
CREATE TABLE local_throttle (
    realm_id  TEXT NOT NULL,
    tenant_id TEXT NOT NULL,
    kind      TEXT NOT NULL,             -- password, code, block, mail, mailblock
    subject   {blob} NOT NULL,           -- keyed digest
    n         BIGINT NOT NULL,
    last      BIGINT NOT NULL,
    PRIMARY KEY (realm_id, tenant_id, kind, subject)
){strict};
CREATE INDEX local_throttle_last ON local_throttle (realm_id, tenant_id, last);

-- +goose Down
DROP TABLE local_throttle;
DROP TABLE local_mail;
DROP TABLE local_ceremony;
DROP TABLE local_link;
DROP TABLE local_try;
DROP TABLE local_passkey;
DROP TABLE local_recovery_code;
DROP TABLE local_totp;
DROP TABLE local_account;
