-- +goose Up
-- Which extension serves a port of a tenant (payment, delivery …), with its
-- sealed settings; several side by side where the port allows it.
CREATE TABLE extension (
    tenant_id  TEXT NOT NULL REFERENCES tenant(id),
    port       TEXT NOT NULL,
    name       TEXT NOT NULL,
    position   BIGINT NOT NULL,
    enabled    {bool} NOT NULL,
    sealed     {blob} NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, port, name)
){strict};

-- +goose Down
DROP TABLE extension;
