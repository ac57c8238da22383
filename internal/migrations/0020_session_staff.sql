-- +goose Up
-- Where a member of staff is signed in, and the end of it, without reading the sessions of the whole authority.
CREATE INDEX session_staff ON session (tenant_id, staff_id, seen_at);

-- +goose Down
DROP INDEX session_staff;
