-- Work of several steps. A workflow shares its id with the job that drives it.
create table workflows (
    id           uuid primary key,
    kind         text not null,
    version      integer not null,
    key          text,
    input        jsonb not null,
    state        text not null default 'Running' check (state in ('Running', 'Succeeded', 'Failed', 'Cancelled')),
    result       jsonb,
    error        jsonb,
    correlation  uuid,
    started_at   timestamptz not null,
    finished_at  timestamptz,
    check ((state = 'Running') = (finished_at is null))
);

create unique index workflows_key on workflows (kind, key) where key is not null;
create index workflows_running on workflows (id) where state = 'Running';
create index workflows_correlation on workflows (correlation) where correlation is not null;

create table workflow_steps (
    workflow     uuid not null references workflows (id) on delete cascade,
    name         text not null,
    place        integer not null,
    state        text not null check (state in ('Started', 'Finished', 'Failed')),
    attempt      integer not null check (attempt >= 1),
    failures     integer not null default 0,
    fence        bigint not null,
    result       jsonb,
    error        jsonb,
    retry_at     timestamptz,
    started_at   timestamptz not null,
    finished_at  timestamptz,
    primary key (workflow, name),
    check ((state = 'Started') = (finished_at is null)),
    check (state = 'Finished' or result is null)
);

-- A workflow ends with its job in the same transaction, whoever ends it: its worker, the rescuer or a person.
create function workflow_follows_job() returns trigger language plpgsql as $$
begin
    if new.state = 'Available' then
        update workflows set state = 'Running', finished_at = null where id = new.id and state = 'Failed';
        update workflow_steps set failures = 0, retry_at = lease_clock() where workflow = new.id and state = 'Failed';
    elsif new.state = 'Dead' then
        update workflows set state = 'Failed', error = new.last_error, finished_at = lease_clock()
        where id = new.id and state = 'Running';
    else
        update workflows set state = 'Cancelled', finished_at = lease_clock() where id = new.id and state = 'Running';
    end if;
    return null;
end
$$;

create trigger workflow_follows_job after update on jobs for each row
when ((new.state in ('Dead', 'Cancelled') and old.state <> new.state) or (old.state = 'Dead' and new.state = 'Available'))
execute function workflow_follows_job();
