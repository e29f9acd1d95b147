-- Roles of which one acts: whoever holds the lease under its fence.
create table leases (
    name         text primary key,
    holder       text not null,
    fence        bigint not null,
    lease_until  timestamptz not null,
    taken_at     timestamptz not null
);

-- Recurring work: the rule says when, the job what.
create table schedules (
    id              uuid primary key,
    name            text not null unique,
    rule            jsonb not null,
    job             jsonb not null,
    overlap         text not null check (overlap in ('Join', 'Skip', 'Allow')),
    catch_up        text not null check (catch_up in ('Skip', 'Last', 'All')),
    catch_up_bound  integer not null check (catch_up_bound between 1 and 1000),
    is_paused       boolean not null default false,
    next_due        timestamptz,
    created_at      timestamptz not null,
    changed_at      timestamptz not null
);
create index schedules_due on schedules (next_due) where not is_paused and next_due is not null;

-- A tick is single by its key, in the transaction that enqueues its job.
create table schedule_ticks (
    schedule   uuid not null references schedules (id) on delete cascade,
    due        timestamptz not null,
    outcome    text not null check (outcome in ('Enqueued', 'Joined', 'Skipped', 'Missed')),
    job        uuid,
    is_manual  boolean not null default false,
    fence      bigint,
    made_at    timestamptz not null,
    primary key (schedule, due)
);
create index schedule_ticks_made on schedule_ticks (made_at);
