-- Requests that were sent with a key: claimed before anything is done, answered once it is.
create table idempotency_keys (
    who uuid not null,
    key text not null,
    claim uuid not null,
    route text not null,
    request_sha256 bytea not null,
    claimed_at timestamptz not null default lease_clock(),
    lease_until timestamptz not null,
    answered_at timestamptz,
    status integer,
    content_type text,
    location text,
    body bytea,
    primary key (who, key),
    check ((answered_at is null) = (status is null))
);
create index idempotency_keys_age on idempotency_keys (claimed_at);
