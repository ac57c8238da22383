-- +goose Up
-- The account host as OpenID provider: the modules of an authority's vendors.
CREATE TABLE provider_client (
    tenant_id    TEXT NOT NULL,
    id           TEXT NOT NULL,          -- with the tenant's slug before it: the client_id
    name         TEXT NOT NULL,          -- of the module, as people read it
    vendor       TEXT NOT NULL,          -- who runs it
    redirects    TEXT NOT NULL,          -- exact addresses, one a line
    scopes       TEXT NOT NULL,          -- names, blank separated
    level        BIGINT NOT NULL,        -- that every sign-in needs
    enabled      {bool} NOT NULL,        -- the kill switch
    secret       {blob} NOT NULL,        -- SHA-256 of 160 random bits
    created_at   BIGINT NOT NULL,
    secret_at    BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
){strict};

-- What a module asked for, while the person signs in and reads.
CREATE TABLE provider_request (
    realm_id     TEXT NOT NULL,
    id           {blob} NOT NULL,        -- digest of the ticket in the address
    browser      {blob} NOT NULL,        -- digest of the cookie of the browser that began
    client_id    TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    scopes       TEXT NOT NULL,
    sealed       {blob} NOT NULL,        -- state and nonce of the module
    challenge    TEXT NOT NULL,          -- PKCE S256
    level        BIGINT NOT NULL,
    signed_after BIGINT NOT NULL,        -- the sign-in must not be older; 0: any
    ask          {bool} NOT NULL,        -- for consent, even if it was given before
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    PRIMARY KEY (realm_id, id)
){strict};
CREATE INDEX provider_request_expiry ON provider_request (realm_id, expires_at);

-- An authorization code: 60 seconds, once. A used row stays as long as its
-- token, so that a second use is noticed.
CREATE TABLE provider_code (
    realm_id     TEXT NOT NULL,
    id           {blob} NOT NULL,        -- digest of the code
    person_id    TEXT NOT NULL,
    client_id    TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    challenge    TEXT NOT NULL,
    nonce        {blob} NOT NULL,        -- sealed
    scopes       TEXT NOT NULL,
    consent_id   TEXT NOT NULL,          -- '' where no data go over
    session_id   {blob} NOT NULL,        -- the account session
    level        BIGINT NOT NULL,
    means        TEXT NOT NULL,
    signed_at    BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    used_at      BIGINT NOT NULL,        -- 0: not yet
    PRIMARY KEY (realm_id, id)
){strict};

-- An opaque access token: 10 minutes, for userinfo only.
CREATE TABLE provider_token (
    realm_id     TEXT NOT NULL,
    id           {blob} NOT NULL,        -- digest of the token
    code_id      {blob} NOT NULL,
    person_id    TEXT NOT NULL,
    client_id    TEXT NOT NULL,
    scopes       TEXT NOT NULL,
    consent_id   TEXT NOT NULL,
    session_id   {blob} NOT NULL,
    level        BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    PRIMARY KEY (realm_id, id)
){strict};
CREATE INDEX provider_token_code ON provider_token (realm_id, code_id);

-- Keys that sign ID tokens, one after the other.
CREATE TABLE provider_key (
    realm_id     TEXT NOT NULL,
    id           TEXT NOT NULL,          -- kid
    starts_at    BIGINT NOT NULL,        -- signs from then on
    ends_at      BIGINT NOT NULL,        -- until then; published a little longer
    sealed       {blob} NOT NULL,        -- PKCS #8
    PRIMARY KEY (realm_id, id)
){strict};

-- +goose Down
DROP TABLE provider_key;
DROP TABLE provider_token;
DROP TABLE provider_code;
DROP TABLE provider_request;
DROP TABLE provider_client;
