-- +goose Up
-- A role is granted in a unit ('' for all) and for a service (slug, '' for all).
CREATE TABLE staff_grant_new (
    tenant_id   TEXT NOT NULL,
    staff_id    TEXT NOT NULL,
    role        TEXT NOT NULL,
    unit_id     TEXT NOT NULL,
    service     TEXT NOT NULL,
    granted_by  TEXT NOT NULL,
    granted_at  BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, staff_id, role, unit_id, service),
    FOREIGN KEY (tenant_id, staff_id) REFERENCES staff (tenant_id, id)
){strict};
INSERT INTO staff_grant_new SELECT tenant_id,staff_id,role,unit_id,'',granted_by,granted_at FROM staff_grant;
DROP TABLE staff_grant;
ALTER TABLE staff_grant_new RENAME TO staff_grant;

-- Roles that a tenant made itself: sets of the product's rights.
CREATE TABLE staff_role (
    tenant_id   TEXT NOT NULL,
    slug        TEXT NOT NULL,           -- eigen-…: never the name of a role of the product
    title       TEXT NOT NULL,
    rights      TEXT NOT NULL,           -- names, with blanks between
    version     BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, slug)
){strict};

-- +goose Down
DROP TABLE staff_role;
CREATE TABLE staff_grant_old (
    tenant_id   TEXT NOT NULL,
    staff_id    TEXT NOT NULL,
    role        TEXT NOT NULL,
    unit_id     TEXT NOT NULL,
    granted_by  TEXT NOT NULL,
    granted_at  BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, staff_id, role, unit_id),
    FOREIGN KEY (tenant_id, staff_id) REFERENCES staff (tenant_id, id)
){strict};
INSERT INTO staff_grant_old SELECT tenant_id,staff_id,role,unit_id,granted_by,granted_at FROM staff_grant WHERE service='' AND role NOT LIKE 'eigen-%';
DROP TABLE staff_grant;
ALTER TABLE staff_grant_old RENAME TO staff_grant;
