-- What must be done. A claim raises the fence; whoever writes under an older one is refused.
create table jobs (
    id            uuid primary key,
    queue         text not null,
    kind          text not null,
    key           text,
    arguments     jsonb not null,
    state         text not null default 'Available'
                  check (state in ('Available', 'Running', 'Succeeded', 'Dead', 'Cancelled')),
    priority      smallint not null default 0,
    run_at        timestamptz not null,
    attempt       integer not null default 0 check (attempt >= 0),
    max_attempts  integer not null check (max_attempts >= 1),
    lease_until   timestamptz,
    fence         bigint not null default 0,
    worker        text,
    last_error    jsonb,
    correlation   uuid,
    created_at    timestamptz not null,
    started_at    timestamptz,
    finished_at   timestamptz,
    check ((state = 'Running') = (lease_until is not null)),
    check ((state in ('Succeeded', 'Dead', 'Cancelled')) = (finished_at is not null))
) with (
    -- Every job is updated at least twice: vacuum by count of dead rows, not by a share of a long history.
    autovacuum_vacuum_scale_factor = 0.0,
    autovacuum_vacuum_threshold = 5000,
    autovacuum_analyze_scale_factor = 0.05);

-- The claim walks this index in order and stops at its batch.
create index jobs_claim on jobs (queue, priority, run_at, id) where state = 'Available';
create index jobs_lease on jobs (lease_until) where state = 'Running';
create unique index jobs_live_key on jobs (kind, key) where key is not null and state in ('Available', 'Running');
create index jobs_finished on jobs (finished_at) where state in ('Succeeded', 'Dead', 'Cancelled');
create index jobs_correlation on jobs (correlation) where correlation is not null;
