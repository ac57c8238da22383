-- +goose Up
-- A case (Vorgang) from the first answer to its erasure. Everything a person
-- wrote is sealed under sealed_key, which is wrapped by the tenant's key:
-- emptying sealed_key makes all of it unreadable.
CREATE TABLE case_record (
    tenant_id    TEXT NOT NULL,
    id           TEXT NOT NULL,
    person_id    TEXT NOT NULL,          -- '' for guests and after erasure
    secret       {blob} NOT NULL,        -- digest of a guest's secret, else empty
    form         TEXT NOT NULL,
    form_version BIGINT NOT NULL,
    service      TEXT NOT NULL,          -- slug of the catalogue, may be ''
    title        TEXT NOT NULL,          -- of the form
    unit_id      TEXT NOT NULL,
    number       TEXT NOT NULL,          -- '' while a draft
    state        TEXT NOT NULL,
    holder       TEXT NOT NULL,          -- staff ID who has claimed it, or ''
    need         BIGINT NOT NULL,        -- trust level that the form asked for
    level        BIGINT NOT NULL,        -- evidence: level at submission
    means        TEXT NOT NULL,          -- evidence: how the person signed in
    sealed_key   {blob} NOT NULL,        -- empty once erased
    answers      {blob} NOT NULL,        -- sealed: as typed, while a draft
    applicant    {blob} NOT NULL,        -- sealed: name and address
    frozen       {blob} NOT NULL,        -- sealed: what was submitted
    hash         {blob} NOT NULL,        -- SHA-256 of antrag.json
    fee_cents    BIGINT NOT NULL,
    submit_key   {blob} NOT NULL,        -- digest of the idempotency key
    days         BIGINT NOT NULL,        -- how long it is kept after its end
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    submitted_at BIGINT NOT NULL,
    decided_at   BIGINT NOT NULL,
    due_at       BIGINT NOT NULL,        -- a decision is overdue from here
    erase_at     BIGINT NOT NULL,        -- 0: not before its end
    erased_at    BIGINT NOT NULL,
    version      BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
){strict};
CREATE UNIQUE INDEX case_record_number ON case_record (tenant_id, number) WHERE number <> '';
CREATE INDEX case_record_person ON case_record (person_id, updated_at) WHERE person_id <> '';
CREATE INDEX case_record_work ON case_record (tenant_id, state, unit_id, submitted_at);
CREATE INDEX case_record_erase ON case_record (tenant_id, erase_at) WHERE erase_at > 0;

-- What applicant and authority write to each other.
CREATE TABLE case_message (
    tenant_id     TEXT NOT NULL,
    case_id       TEXT NOT NULL,
    id            TEXT NOT NULL,
    person_id     TEXT NOT NULL,
    kind          TEXT NOT NULL,         -- question, reply, decision
    author        TEXT NOT NULL,         -- kind:id
    text          {blob} NOT NULL,       -- sealed
    at            BIGINT NOT NULL,
    first_read_at BIGINT NOT NULL,       -- by the applicant; 0 for own and unread ones
    PRIMARY KEY (tenant_id, case_id, id),
    FOREIGN KEY (tenant_id, case_id) REFERENCES case_record (tenant_id, id)
){strict};
CREATE INDEX case_message_person ON case_message (person_id, first_read_at) WHERE person_id <> '';

-- Internal notes: without person_id, so that no applicant's scope shows them.
CREATE TABLE case_note (
    tenant_id     TEXT NOT NULL,
    case_id       TEXT NOT NULL,
    id            TEXT NOT NULL,
    author        TEXT NOT NULL,
    text          {blob} NOT NULL,
    at            BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, case_id, id),
    FOREIGN KEY (tenant_id, case_id) REFERENCES case_record (tenant_id, id)
){strict};

-- Uploads and documents; the bytes lie sealed in the blob store under id.
CREATE TABLE case_document (
    tenant_id     TEXT NOT NULL,
    case_id       TEXT NOT NULL,
    id            TEXT NOT NULL,
    person_id     TEXT NOT NULL,
    kind          TEXT NOT NULL,         -- upload, reply, receipt, decision
    message_id    TEXT NOT NULL,         -- the message it belongs to, or ''
    name          {blob} NOT NULL,       -- sealed
    media_type    TEXT NOT NULL,
    size          BIGINT NOT NULL,
    sha256        {blob} NOT NULL,
    at            BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, case_id, id),
    FOREIGN KEY (tenant_id, case_id) REFERENCES case_record (tenant_id, id)
){strict};

-- Every edge of the state table that was taken, and what staff did besides.
CREATE TABLE case_event (
    tenant_id     TEXT NOT NULL,
    case_id       TEXT NOT NULL,
    seq           BIGINT NOT NULL,
    person_id     TEXT NOT NULL,
    at            BIGINT NOT NULL,
    event         TEXT NOT NULL,
    state         TEXT NOT NULL,         -- the state after it
    actor         TEXT NOT NULL,         -- kind:id
    PRIMARY KEY (tenant_id, case_id, seq),
    FOREIGN KEY (tenant_id, case_id) REFERENCES case_record (tenant_id, id)
){strict};

-- What a human has to look at because the program gave up.
CREATE TABLE case_task (
    tenant_id     TEXT NOT NULL,
    case_id       TEXT NOT NULL,
    kind          TEXT NOT NULL,         -- delivery-failed, paid-after-end
    ref           TEXT NOT NULL,
    at            BIGINT NOT NULL,
    done_at       BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, case_id, kind, ref),
    FOREIGN KEY (tenant_id, case_id) REFERENCES case_record (tenant_id, id)
){strict};

-- Files that belong to no case (yet, or any more): the sweep deletes them when
-- due, so that a crash between file and row leaves nothing behind.
CREATE TABLE case_leftover (
    tenant_id     TEXT NOT NULL,
    file_id       TEXT NOT NULL,
    due_at        BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, file_id)
){strict};
CREATE INDEX case_leftover_due ON case_leftover (tenant_id, due_at);

-- +goose Down
DROP TABLE case_leftover;
DROP TABLE case_task;
DROP TABLE case_event;
DROP TABLE case_document;
DROP TABLE case_note;
DROP TABLE case_message;
DROP TABLE case_record;
