-- +goose Up
-- What editors and visitors teach the search. A row with tenant_id '' belongs
-- to the whole realm. Nothing here names or points to a person (ADR 0018).

-- Words of citizens with what they lead to. draft is as the editors have it
-- ('' when it is to go), published as the search has it ('' when it is new).
CREATE TABLE relevance_synonym (
    tenant_id    TEXT NOT NULL,
    realm_id     TEXT NOT NULL,
    id           TEXT NOT NULL,
    pair         TEXT NOT NULL,          -- word and target in one spelling: once each
    draft        TEXT NOT NULL,
    published    TEXT NOT NULL,
    updated_at   BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, realm_id, id)
){strict};
CREATE UNIQUE INDEX relevance_synonym_pair ON relevance_synonym (tenant_id, realm_id, pair);

-- Grows with each release of synonyms.
CREATE TABLE relevance_version (
    tenant_id    TEXT NOT NULL,
    realm_id     TEXT NOT NULL,
    version      BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, realm_id)
){strict};

-- How many visits asked something on a day. question is a keyed digest: the
-- words themselves are in relevance_question, and only once enough visits
-- asked them. unclicked may be negative on one day: see internal/relevance.
CREATE TABLE relevance_count (
    tenant_id    TEXT NOT NULL,
    realm_id     TEXT NOT NULL,
    question     TEXT NOT NULL,
    day          BIGINT NOT NULL,        -- days since 1970 in Berlin
    asked        BIGINT NOT NULL,
    unanswered   BIGINT NOT NULL,
    unclicked    BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, realm_id, question, day)
){strict};
CREATE INDEX relevance_count_day ON relevance_count (tenant_id, realm_id, day);

CREATE TABLE relevance_question (
    tenant_id    TEXT NOT NULL,
    realm_id     TEXT NOT NULL,
    question     TEXT NOT NULL,
    words        TEXT NOT NULL,
    hidden       {bool} NOT NULL,
    updated_at   BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, realm_id, question)
){strict};

-- "War das hilfreich?", by question and hit; doc '' is the whole list.
CREATE TABLE relevance_vote (
    tenant_id    TEXT NOT NULL,
    realm_id     TEXT NOT NULL,
    question     TEXT NOT NULL,
    kind         TEXT NOT NULL,
    doc          TEXT NOT NULL,
    helped       BIGINT NOT NULL,
    failed       BIGINT NOT NULL,
    day          BIGINT NOT NULL,        -- of the last one
    PRIMARY KEY (tenant_id, realm_id, question, kind, doc)
){strict};

-- How often something was chosen from a result list. weight is in thousandths
-- of a visit and halves with time from day on.
CREATE TABLE relevance_click (
    tenant_id    TEXT NOT NULL,
    realm_id     TEXT NOT NULL,
    kind         TEXT NOT NULL,
    doc          TEXT NOT NULL,
    weight       BIGINT NOT NULL,
    day          BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, realm_id, kind, doc)
){strict};

-- Queries with the titles that should answer them, to try changes on.
CREATE TABLE relevance_judgement (
    tenant_id    TEXT NOT NULL,
    realm_id     TEXT NOT NULL,
    id           TEXT NOT NULL,
    pair         TEXT NOT NULL,          -- the query in one spelling: once each
    words        TEXT NOT NULL,
    expected     TEXT NOT NULL,          -- titles or parts of them, separated by |
    updated_at   BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, realm_id, id)
){strict};
CREATE UNIQUE INDEX relevance_judgement_pair ON relevance_judgement (tenant_id, realm_id, pair);

-- +goose Down
DROP TABLE relevance_judgement;
DROP TABLE relevance_click;
DROP TABLE relevance_vote;
DROP TABLE relevance_question;
DROP TABLE relevance_count;
DROP TABLE relevance_version;
DROP TABLE relevance_synonym;
