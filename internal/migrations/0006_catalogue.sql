-- +goose Up
-- Everything editors write: services, facilities, contacts, situations. A row
-- of the realm's library has tenant_id ''; a tenant's row with the key of a
-- library row overrides it field by field. draft is the working copy,
-- published what citizens read ('' for not published).
CREATE TABLE catalogue_object (
    tenant_id    TEXT NOT NULL,
    realm_id     TEXT NOT NULL,
    kind         TEXT NOT NULL,          -- service, facility, contact, situation, onlineservice
    id           TEXT NOT NULL,          -- identifier of the source
    slug         TEXT NOT NULL,
    draft        TEXT NOT NULL,
    published    TEXT NOT NULL,
    hash         TEXT NOT NULL,          -- of the draft
    upstream     TEXT NOT NULL,          -- override: hash of the library's row it was made against
    version      BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, realm_id, kind, id)
){strict};
CREATE INDEX catalogue_slug ON catalogue_object (tenant_id, realm_id, kind, slug);

-- What a tenant offers itself, through which unit.
CREATE TABLE catalogue_offer (
    tenant_id    TEXT NOT NULL,
    realm_id     TEXT NOT NULL,
    service_id   TEXT NOT NULL,
    unit_slug    TEXT NOT NULL,
    offered      {bool} NOT NULL,
    updated_at   BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, realm_id, service_id)
){strict};

-- Grows with each publication of a realm's library (tenant '') or a tenant.
CREATE TABLE catalogue_version (
    tenant_id    TEXT NOT NULL,
    realm_id     TEXT NOT NULL,
    version      BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, realm_id)
){strict};

-- +goose Down
DROP TABLE catalogue_version;
DROP TABLE catalogue_offer;
DROP TABLE catalogue_object;
