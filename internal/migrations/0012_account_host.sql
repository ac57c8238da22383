-- +goose Up
-- A sign-in at the realm's account host: what all portals of the realm go by.
CREATE TABLE account_session (
    realm_id    TEXT NOT NULL,
    id          {blob} NOT NULL,         -- digest of the secret in the cookie
    person_id   TEXT NOT NULL,
    handle      TEXT NOT NULL,           -- its name in the person's own list
    level       BIGINT NOT NULL,
    means       TEXT NOT NULL,
    method      TEXT NOT NULL,           -- name of the connection
    device      TEXT NOT NULL,           -- a coarse word of ours, e.g. firefox-windows
    created_at  BIGINT NOT NULL,
    seen_at     BIGINT NOT NULL,
    PRIMARY KEY (realm_id, id)
){strict};
CREATE INDEX account_session_person ON account_session (realm_id, person_id);
CREATE INDEX account_session_seen ON account_session (realm_id, seen_at);

-- A way through the account host: who sent the browser, what is wanted, and the
-- running try with a method.
CREATE TABLE account_attempt (
    realm_id     TEXT NOT NULL,
    id           {blob} NOT NULL,        -- digest of the ticket in the address
    browser      {blob} NOT NULL,        -- digest of the cookie of the browser that began
    portal       TEXT NOT NULL,          -- slug of the tenant one came from, '' for none
    portal_state TEXT NOT NULL,          -- goes back to the portal unchanged
    challenge    TEXT NOT NULL,          -- PKCE S256
    return_path  TEXT NOT NULL,          -- of the account host, where no portal sent the browser
    level        BIGINT NOT NULL,
    fresh        {bool} NOT NULL,
    lang         TEXT NOT NULL,
    expires_at   BIGINT NOT NULL,
    method       TEXT NOT NULL,          -- '' while none is running
    state        {blob},                 -- digest of the method's state
    state_until  BIGINT NOT NULL,
    keep         {blob},                 -- sealed, what the method keeps
    answer       {blob},                 -- sealed, what came back across sites or waits for a yes
    PRIMARY KEY (realm_id, id)
){strict};
CREATE UNIQUE INDEX account_attempt_state ON account_attempt (realm_id, state);
CREATE INDEX account_attempt_expiry ON account_attempt (realm_id, expires_at);

-- What the account host hands to a portal: 60 seconds, once.
CREATE TABLE account_code (
    realm_id    TEXT NOT NULL,
    id          {blob} NOT NULL,         -- digest of the code
    portal      TEXT NOT NULL,           -- slug of the tenant that may redeem it
    challenge   TEXT NOT NULL,
    session_id  {blob} NOT NULL,         -- the account session
    expires_at  BIGINT NOT NULL,
    PRIMARY KEY (realm_id, id)
){strict};
CREATE INDEX account_code_expiry ON account_code (realm_id, expires_at);

-- Methods that were connected: for the citizens of a realm (tenant_id '') or
-- for the staff of a tenant.
CREATE TABLE sign_in_connection (
    realm_id    TEXT NOT NULL,
    tenant_id   TEXT NOT NULL,
    name        TEXT NOT NULL,
    kind        TEXT NOT NULL,
    title       TEXT NOT NULL,
    max_level   BIGINT NOT NULL,
    position    BIGINT NOT NULL,
    enabled     {bool} NOT NULL,
    sealed      {blob} NOT NULL,         -- settings and secrets
    updated_at  BIGINT NOT NULL,
    PRIMARY KEY (realm_id, tenant_id, name)
){strict};

-- What a tenant made of the methods of its realm; without a row it offers one.
CREATE TABLE sign_in_choice (
    tenant_id   TEXT NOT NULL,
    name        TEXT NOT NULL,
    offered     {bool} NOT NULL,
    stopped     {bool} NOT NULL,         -- the kill switch
    notice      TEXT NOT NULL,           -- shown instead of the button, or above it
    updated_at  BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, name)
){strict};

ALTER TABLE account ADD COLUMN company {bool} NOT NULL DEFAULT FALSE;

ALTER TABLE login_attempt ADD COLUMN browser {blob};  -- digest of the cookie of the browser that began
ALTER TABLE login_attempt ADD COLUMN keep {blob};     -- sealed: what the method keeps, or the PKCE verifier
ALTER TABLE login_attempt ADD COLUMN answer {blob};   -- sealed: what came back across sites

ALTER TABLE session ADD COLUMN sso {blob};            -- the account session it came from
ALTER TABLE session ADD COLUMN method TEXT NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN handle TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE session DROP COLUMN handle;
ALTER TABLE session DROP COLUMN method;
ALTER TABLE session DROP COLUMN sso;
ALTER TABLE login_attempt DROP COLUMN answer;
ALTER TABLE login_attempt DROP COLUMN keep;
ALTER TABLE login_attempt DROP COLUMN browser;
ALTER TABLE account DROP COLUMN company;
DROP TABLE sign_in_choice;
DROP TABLE sign_in_connection;
DROP TABLE account_code;
DROP TABLE account_attempt;
DROP TABLE account_session;
