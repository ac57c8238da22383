-- +goose Up
-- A published version of a form never changes.
CREATE TABLE form_version (
    realm_id     TEXT NOT NULL,
    form_id      TEXT NOT NULL,
    version      BIGINT NOT NULL,
    definition   TEXT NOT NULL,
    published_by TEXT NOT NULL,
    published_at BIGINT NOT NULL,
    PRIMARY KEY (realm_id, form_id, version)
){strict};

-- +goose Down
DROP TABLE form_version;
