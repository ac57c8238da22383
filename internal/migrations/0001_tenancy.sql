-- +goose Up
CREATE TABLE realm (
    id         TEXT NOT NULL PRIMARY KEY,
    slug       TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    settings   {json} NOT NULL,
    created_at BIGINT NOT NULL
){strict};

CREATE TABLE tenant (
    realm_id   TEXT NOT NULL REFERENCES realm(id),
    id         TEXT NOT NULL UNIQUE,
    slug       TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    kind       TEXT NOT NULL,           -- kreis, stadt, gemeinde
    sign       TEXT NOT NULL,           -- three capital letters of case numbers
    ars        TEXT NOT NULL,           -- 12 digits
    settings   {json} NOT NULL,         -- places, parameters, retention, connector
    sealed_key {blob},                  -- the tenant's key, wrapped by the root key
    created_at BIGINT NOT NULL,
    PRIMARY KEY (realm_id, id)
){strict};

-- A portal is a door: host name, look, imprint. It opens on one tenant.
CREATE TABLE portal (
    tenant_id  TEXT NOT NULL REFERENCES tenant(id),
    id         TEXT NOT NULL,
    host       TEXT NOT NULL UNIQUE,
    settings   {json} NOT NULL,
    version    BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
){strict};

CREATE TABLE unit (
    tenant_id  TEXT NOT NULL REFERENCES tenant(id),
    id         TEXT NOT NULL,
    slug       TEXT NOT NULL,
    name       TEXT NOT NULL,
    roles      TEXT NOT NULL,           -- comma separated, what it is in charge of
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, slug)
){strict};

-- +goose Down
DROP TABLE unit;
DROP TABLE portal;
DROP TABLE tenant;
DROP TABLE realm;
