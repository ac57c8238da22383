-- +goose Up
-- What an authority makes of the methods by which its staff could sign in;
-- sign_in_choice holds the same for citizens.
CREATE TABLE staff_sign_in_choice (
    tenant_id   TEXT NOT NULL,
    name        TEXT NOT NULL,
    offered     {bool} NOT NULL,
    stopped     {bool} NOT NULL,         -- the kill switch
    notice      TEXT NOT NULL,           -- shown instead of the button, or above it
    updated_at  BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, name)
){strict};

-- +goose Down
DROP TABLE staff_sign_in_choice;
