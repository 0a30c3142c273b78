CREATE TABLE budget (
    installation BIGINT NOT NULL,
    spent TEXT DEFAULT '[]' NOT NULL,
    blocked_until DOUBLE PRECISION DEFAULT '0' NOT NULL,
    PRIMARY KEY (installation)
);

CREATE TABLE card (
    key TEXT NOT NULL,
    comment_id BIGINT NOT NULL,
    comment_node_id TEXT NOT NULL,
    rev BIGINT NOT NULL,
    marker TEXT NOT NULL,
    PRIMARY KEY (key)
);

CREATE TABLE catch_up (
    repository TEXT NOT NULL,
    passed_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (repository)
);

CREATE TABLE delivery (
    guid TEXT NOT NULL,
    event TEXT NOT NULL,
    outcome TEXT NOT NULL,
    at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (guid)
);

CREATE INDEX ix_delivery_at ON delivery (at);

CREATE TABLE due (
    key TEXT NOT NULL,
    due_at DOUBLE PRECISION,
    generation BIGINT DEFAULT '0' NOT NULL,
    urgent BOOLEAN DEFAULT false NOT NULL,
    seen_updated_at DOUBLE PRECISION,
    seen_comment_id BIGINT DEFAULT '0' NOT NULL,
    gone TEXT DEFAULT '' NOT NULL,
    first_pending_at DOUBLE PRECISION,
    owner TEXT,
    lease_until DOUBLE PRECISION,
    inherited BOOLEAN DEFAULT false NOT NULL,
    last_run_at DOUBLE PRECISION,
    attempts INTEGER DEFAULT '0' NOT NULL,
    strikes INTEGER DEFAULT '0' NOT NULL,
    last_error TEXT,
    dead BOOLEAN DEFAULT false NOT NULL,
    PRIMARY KEY (key)
);

CREATE INDEX due_leased ON due (lease_until) WHERE lease_until IS NOT NULL;

CREATE INDEX due_next ON due (due_at);

CREATE INDEX due_urgent ON due (urgent, due_at);

CREATE TABLE last_plan (
    key TEXT NOT NULL,
    plan TEXT NOT NULL,
    at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (key)
);

CREATE TABLE pause (
    scope TEXT NOT NULL,
    reason TEXT NOT NULL,
    paused_by TEXT NOT NULL,
    at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (scope)
);

CREATE TABLE policy (
    repository TEXT NOT NULL,
    sha TEXT NOT NULL,
    text TEXT NOT NULL,
    state TEXT NOT NULL,
    at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (repository)
);

CREATE TABLE schema_version (
    version INTEGER NOT NULL
);

INSERT INTO schema_version (version) VALUES (1);
