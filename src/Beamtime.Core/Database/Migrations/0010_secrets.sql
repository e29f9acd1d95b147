-- Which master key seals what lies below, and a word sealed with it, so that a wrong one is found out at once.
create table master_key (
    single boolean primary key default true check (single),
    id text not null,
    proof bytea not null,
    changed_at timestamptz not null
);

-- The keys that protect tokens, shared by every process that serves requests; the secret part of each is sealed.
create table key_ring (
    name text primary key,
    document text not null,
    made_at timestamptz not null
);

-- Passwords and tokens of other systems, sealed.
create table secrets (
    name text primary key,
    sealed bytea not null,
    changed_by uuid not null,
    changed_at timestamptz not null
);
