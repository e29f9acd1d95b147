-- Work queues with their pools, workers as rows, and what a job may demand before it is claimed.
create table work_pools (
    name               text primary key,
    concurrency_limit  integer check (concurrency_limit >= 0),
    is_paused          boolean not null default false,
    created_at         timestamptz not null default clock_timestamp()
);
insert into work_pools (name) values ('default');

-- The virtual time is that of the fair shares: the turn of the project that was served last.
create table work_queues (
    name               text primary key,
    pool               text not null default 'default' references work_pools (name),
    priority           smallint not null default 0 check (priority between -100 and 100),
    concurrency_limit  integer check (concurrency_limit >= 0),
    is_paused          boolean not null default false,
    virtual_time       double precision not null default 0,
    created_at         timestamptz not null default clock_timestamp()
);
create index work_queues_pool on work_queues (pool);
insert into work_queues (name) select 'default' union select distinct queue from jobs;

create table work_projects (
    name    text primary key,
    weight  double precision not null check (weight > 0 and weight <= 1000)
);

-- The turn that each project has reached in a queue: it grows by 1/weight with each claimed job, and the least is next.
create table work_shares (
    queue    text not null,
    project  text not null,
    turn     double precision not null default 0,
    used_at  timestamptz not null default clock_timestamp(),
    primary key (queue, project)
);

-- The latest starts of each rate key, as many as the rate admits.
create table job_rates (
    key      text primary key,
    starts   timestamptz[] not null,
    used_at  timestamptz not null
);

create table job_workers (
    id            uuid primary key,
    name          text not null,
    host          text not null,
    process       integer not null,
    version       text not null,
    queues        text[] not null,
    pools         text[] not null,
    labels        text[] not null,
    concurrency   integer not null,
    running       integer not null default 0,
    is_draining   boolean not null default false,
    started_at    timestamptz not null,
    heartbeat_at  timestamptz not null
);
create index job_workers_name on job_workers (name);

-- Jobs of one lane are admitted alike: they share project, keys, labels and sequence. The lane of those that demand
-- nothing is empty. The rank is the due time with the priority as an advance in time, so that waiting raises a job.
alter table jobs
    add column project          text,
    add column concurrency_key  text,
    add column concurrency_cap  integer check (concurrency_cap >= 1),
    add column rate_key         text,
    add column rate_limit       integer check (rate_limit between 1 and 1000),
    add column rate_per         interval,
    add column labels           text[] not null default '{}',
    add column sequence         text,
    add column sequence_at      timestamptz,
    add column lane             text collate "C" not null default '',
    add column boost            interval not null default '0',
    add column rank             timestamp generated always as ((run_at at time zone 'UTC') + boost) stored,
    add column changed_by       uuid,
    add column changed_why      text,
    add check ((concurrency_key is null) = (concurrency_cap is null)),
    add check ((rate_key is null) = (rate_limit is null) and (rate_key is null) = (rate_per is null)),
    add check ((sequence is null) = (sequence_at is null));

drop index jobs_claim;
drop index jobs_lease;
create index jobs_claim on jobs (queue, lane, rank, id) where state = 'Available';
create index jobs_running on jobs (queue) where state = 'Running';
create index jobs_admitted on jobs (concurrency_key) where state = 'Running' and concurrency_key is not null;
create index jobs_sequence on jobs (sequence, sequence_at, id) where sequence is not null and state in ('Available', 'Running');
create index jobs_project on jobs (project, id) where project is not null;
create index jobs_dead on jobs (queue, id) where state = 'Dead';

-- The first rank that waits in a queue and may be due, over all its lanes; null where none does.
create function work_queue_head(in_queue text, in_at timestamptz) returns timestamp
language sql stable
as $$
    with recursive lanes (lane) as (
        (select j.lane from jobs j where j.state = 'Available' and j.queue = in_queue order by j.lane limit 1)
        union all
        select (select j.lane from jobs j
                where j.state = 'Available' and j.queue = in_queue and j.lane > lanes.lane order by j.lane limit 1)
        from lanes where lanes.lane is not null)
    select min(head.rank) from lanes cross join lateral (
        select j.rank from jobs j
        where j.state = 'Available' and j.queue = in_queue and j.lane = lanes.lane
            and j.rank <= (in_at at time zone 'UTC') + interval '100 hours' and j.run_at <= in_at
        order by j.rank limit 1) head
$$;

-- Claims from a queue with limits, or whose jobs demand something. One at a time over the whole database, because what
-- runs is counted before more is admitted; a slot is the running row itself, so that none is lost with its holder.
create function claim_admitted(
    in_queue text, in_kinds text[], in_leases interval[], in_limit integer, in_worker text, in_worker_id uuid, in_labels text[]
) returns table (
    out_id uuid, out_kind text, out_key text, out_arguments jsonb, out_attempt integer, out_max_attempts integer,
    out_fence bigint, out_priority smallint, out_run_at timestamptz, out_correlation uuid,
    out_rank timestamp)
language plpgsql
as $$
declare
    room integer := in_limit;
    at timestamptz;
    settings record;
    candidate record;
    recent timestamptz[];
    served double precision;
begin
    perform pg_advisory_xact_lock(7235981043);
    at := lease_clock();
    if exists (select from job_workers w where w.id = in_worker_id and w.is_draining) then
        return;
    end if;

    select q.concurrency_limit as queue_limit, p.concurrency_limit as pool_limit, q.pool, q.virtual_time,
        q.is_paused or p.is_paused as is_paused,
        exists (select from work_shares s where s.queue = in_queue) as has_shares
    into settings
    from work_queues q join work_pools p on p.name = q.pool where q.name = in_queue;
    if settings.is_paused then
        return;
    end if;

    if settings.queue_limit is not null then
        room := least(room, settings.queue_limit
            - (select count(*)::integer from jobs j where j.state = 'Running' and j.queue = in_queue));
    end if;

    if settings.pool_limit is not null then
        room := least(room, settings.pool_limit
            - (select count(*)::integer from jobs j join work_queues q on q.name = j.queue
               where j.state = 'Running' and q.pool = settings.pool));
    end if;

    if room <= 0 then
        return;
    end if;

    for candidate in
        with recursive lanes (lane) as (
            (select j.lane from jobs j where j.state = 'Available' and j.queue = in_queue order by j.lane limit 1)
            union all
            select (select j.lane from jobs j
                    where j.state = 'Available' and j.queue = in_queue and j.lane > lanes.lane order by j.lane limit 1)
            from lanes where lanes.lane is not null),
        heads as materialized (
            select head.* from lanes cross join lateral (
                select j.id, j.kind, j.rank, coalesce(j.project, '') as project,
                    j.concurrency_key, j.concurrency_cap, j.rate_key, j.rate_limit, j.rate_per
                from jobs j
                where j.state = 'Available' and j.queue = in_queue and j.lane = lanes.lane
                    and j.rank <= (at at time zone 'UTC') + interval '100 hours' and j.run_at <= at
                    and j.kind = any(in_kinds) and j.labels <@ in_labels
                    and (j.sequence is null or not exists (
                        select from jobs before
                        where before.sequence = j.sequence and before.state in ('Available', 'Running')
                            and (before.state = 'Running' or (before.sequence_at, before.id) < (j.sequence_at, j.id))))
                order by j.rank, j.id limit room) head),
        turns as (
            select heads.*, coalesce(w.weight, 1) as weight,
                greatest(coalesce(s.turn, 0), settings.virtual_time) as turn,
                row_number() over (partition by heads.project order by heads.rank, heads.id) as place
            from heads
            left join work_shares s on s.queue = in_queue and s.project = heads.project
            left join work_projects w on w.name = heads.project
            -- A key that is full already admits none of its lane.
            where heads.concurrency_key is null or heads.concurrency_cap > (
                select count(*) from jobs r where r.state = 'Running' and r.concurrency_key = heads.concurrency_key))
        select * from turns
        order by case when settings.has_shares then turn + (place - 1) / weight else 0 end, rank, id
    loop
        exit when room <= 0;
        if candidate.concurrency_key is not null and candidate.concurrency_cap <= (
            select count(*) from jobs r where r.state = 'Running' and r.concurrency_key = candidate.concurrency_key)
        then
            continue;
        end if;

        if candidate.rate_key is not null then
            -- A start that a clock set back has left in the future counts as one of now.
            select array_agg(least(s.start, at) order by s.start) into recent
            from job_rates r, unnest(r.starts) as s (start)
            where r.key = candidate.rate_key and s.start > at - candidate.rate_per;
            if cardinality(recent) >= candidate.rate_limit then
                continue;
            end if;
        end if;

        update jobs j set
            state = 'Running', attempt = j.attempt + 1, fence = j.fence + 1, worker = in_worker,
            started_at = at, lease_until = at + in_leases[array_position(in_kinds, j.kind)]
        where j.id = candidate.id and j.state = 'Available'
        returning j.id, j.kind, j.key, j.arguments, j.attempt, j.max_attempts, j.fence, j.priority, j.run_at, j.correlation,
            j.rank
        into out_id, out_kind, out_key, out_arguments, out_attempt, out_max_attempts, out_fence, out_priority, out_run_at,
            out_correlation, out_rank;
        if not found then
            continue;
        end if;

        room := room - 1;
        if candidate.rate_key is not null then
            insert into job_rates as r (key, starts, used_at) values (candidate.rate_key, array[at], at)
            on conflict (key) do update set starts = coalesce(recent, '{}') || at, used_at = at;
        end if;

        if settings.has_shares then
            served := candidate.turn + (candidate.place - 1) / candidate.weight;
            insert into work_shares as s (queue, project, turn, used_at)
            values (in_queue, candidate.project, served + 1 / candidate.weight, at)
            on conflict (queue, project) do update set turn = excluded.turn, used_at = at;
            update work_queues q set virtual_time = greatest(q.virtual_time, served) where q.name = in_queue;
        end if;

        return next;
    end loop;
end
$$;
