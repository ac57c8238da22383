-- +goose Up
-- When somebody's work for the authority ended; 0: he works here. The row stays for the name, which the files need.
ALTER TABLE staff ADD COLUMN left_at BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE staff DROP COLUMN left_at;
