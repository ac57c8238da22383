-- +goose Up
-- Notices by mail. The recipient is sealed and erased when the mail is sent.
CREATE TABLE mail (
    tenant_id  TEXT NOT NULL REFERENCES tenant(id),
    id         TEXT NOT NULL,
    unique_key TEXT NOT NULL,          -- what the notice is about, IDs only
    template   TEXT NOT NULL,
    lang       TEXT NOT NULL,
    sealed     {blob} NOT NULL,        -- recipient, empty once sent
    state      TEXT NOT NULL,          -- waiting, sent, dead
    refused    {bool} NOT NULL,        -- the mail server said no for good
    failure    TEXT NOT NULL,          -- text key of the last failure
    created_at BIGINT NOT NULL,
    ended_at   BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, unique_key)
){strict};
CREATE INDEX mail_ended ON mail (tenant_id, ended_at);

-- +goose Down
DROP TABLE mail;
