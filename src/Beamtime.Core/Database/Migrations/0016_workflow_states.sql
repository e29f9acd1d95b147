-- A workflow's state says what it waits for, and each move keeps who made it and why.
alter table workflows
    drop constraint workflows_state_check,
    drop constraint workflows_check,
    add column label        text,
    add column state_at     timestamptz,
    add column state_by     uuid,
    add column state_why    text,
    add column moves        integer not null default 1,
    add column runs         integer not null default 0,
    add column is_retry     boolean not null default false,
    add column scheduled_at timestamptz,
    add column deadline_at  timestamptz,
    add column paused_at    timestamptz,
    add column cancel_at    timestamptz,
    add column cancel_until timestamptz,
    add column wakes        bigint not null default 0,
    add column parent       uuid,
    add column parent_step  text,
    add column leaves       boolean not null default false;

update workflows w set
    state = case
        when w.state = 'Succeeded' then 'Completed'
        when w.state = 'Failed' and w.error ->> 'code' = 'jobs.lease.expired' then 'Crashed'
        when w.state = 'Running' and j.state = 'Available' and (j.attempt > 0 or j.last_error is not null) then 'AwaitingRetry'
        when w.state = 'Running' and j.state = 'Available' then 'Scheduled'
        else w.state end,
    state_at = coalesce(w.finished_at, lease_clock()),
    state_why = 'as it stood when states were first recorded',
    scheduled_at = w.started_at
from jobs j where j.id = w.id;
-- The job of an ended one may be gone.
update workflows set
    state = case state when 'Succeeded' then 'Completed' else state end,
    state_at = coalesce(finished_at, started_at), scheduled_at = started_at
where scheduled_at is null;

alter table workflows
    alter column state set default 'Scheduled',
    alter column state_at set not null,
    alter column state_at set default lease_clock(),
    alter column scheduled_at set not null,
    alter column scheduled_at set default lease_clock(),
    add constraint workflows_state_check check (state in (
        'Scheduled', 'Late', 'AwaitingRetry', 'AwaitingSlot', 'Resuming', 'Pending', 'Running', 'Retrying', 'Paused',
        'Suspended', 'Cancelling', 'Cancelled', 'Completed', 'Failed', 'TimedOut', 'Crashed')),
    add constraint workflows_finished_check check (
        (state in ('Cancelled', 'Completed', 'Failed', 'TimedOut', 'Crashed')) = (finished_at is not null));

drop index workflows_running;
create index workflows_live on workflows (state, scheduled_at)
    where state not in ('Cancelled', 'Completed', 'Failed', 'TimedOut', 'Crashed');
create index workflows_parent on workflows (parent) where parent is not null;

-- The first hundred moves and the last nine hundred are kept.
create table workflow_moves (
    workflow  uuid not null references workflows (id) on delete cascade,
    place     integer not null,
    state     text not null,
    label     text,
    moved_by  uuid,
    why       text,
    moved_at  timestamptz not null,
    primary key (workflow, place)
);
insert into workflow_moves (workflow, place, state, why, moved_at)
select id, 1, state, state_why, state_at from workflows;

create function workflow_moves_on() returns trigger language plpgsql as $$
begin
    new.moves := old.moves + 1;
    new.state_at := lease_clock();
    new.is_retry := case
        when new.state = 'AwaitingRetry' then true
        when new.state in ('Scheduled', 'Suspended', 'Resuming') then false
        else old.is_retry end;
    if new.state <> 'Completed' then
        new.label := null;
    end if;
    insert into workflow_moves (workflow, place, state, label, moved_by, why, moved_at)
    values (new.id, new.moves, new.state, new.label, new.state_by, new.state_why, new.state_at);
    if new.moves > 1000 then
        delete from workflow_moves where workflow = new.id and place = new.moves - 900;
    end if;
    return new;
end
$$;

create trigger workflow_moves_on before update of state on workflows for each row
when (old.state is distinct from new.state) execute function workflow_moves_on();

create function workflow_moves_first() returns trigger language plpgsql as $$
begin
    insert into workflow_moves (workflow, place, state, moved_by, why, moved_at)
    values (new.id, 1, new.state, new.state_by, new.state_why, new.state_at);
    return null;
end
$$;

create trigger workflow_moves_first after insert on workflows for each row execute function workflow_moves_first();

-- What a step is, and what it waits for.
alter table workflow_steps
    drop constraint workflow_steps_state_check,
    drop constraint workflow_steps_check,
    add column kind        text not null default 'Work' check (kind in (
        'Work', 'Transaction', 'Once', 'Effect', 'Sleep', 'Message', 'Input', 'Child', 'Marker', 'CleanUp')),
    add column scope       text not null default '',
    add column due_at      timestamptz,
    add column intent      jsonb,
    add column effect      uuid,
    add column intended_at timestamptz,
    add column external    text,
    add column has_ended   boolean not null default false,
    add column child       uuid,
    add column resolved_by uuid,
    add constraint workflow_steps_state_check check (state in ('Started', 'Waiting', 'Uncertain', 'Finished', 'Failed')),
    add constraint workflow_steps_finished_check check ((state in ('Finished', 'Failed')) = (finished_at is not null));
create index workflow_steps_uncertain on workflow_steps (workflow) where state = 'Uncertain';

-- Buffered before they are awaited; taken in the order of their place.
create table workflow_messages (
    workflow  uuid not null references workflows (id) on delete cascade,
    id        text not null,
    place     bigint generated always as identity,
    name      text not null,
    body      jsonb not null,
    sent_by   uuid,
    sent_at   timestamptz not null,
    taken_by  text,
    refused   jsonb,
    primary key (workflow, id)
);
create index workflow_messages_waiting on workflow_messages (workflow, name, place) where taken_by is null and refused is null;

-- Locks go from a job to its workflow and from a child to its parent, never back: who wakes a workflow takes its job's
-- row first, so that it cannot fall asleep between the look and the word.
create function workflow_wake(in_id uuid) returns void language plpgsql as $$
begin
    perform from jobs where id = in_id for no key update;
    update jobs set run_at = least(run_at, lease_clock()) where id = in_id and state = 'Available';
    update workflows set wakes = wakes + 1 where id = in_id;
end
$$;

-- The ends of a run, each under its fence: 0, the hold is lost; 1, written, now or by an earlier call whose answer was
-- lost; 2, something came meanwhile.

-- It has nothing more to do for now. 2: it was woken meanwhile and goes on at once.
create function workflow_park(
    in_id uuid, in_fence bigint, in_seen bigint, in_due timestamptz, in_delay interval, in_state text, in_why text, in_error jsonb
) returns integer language plpgsql as $$
declare
    job jobs;
    flow workflows;
    woken boolean;
begin
    select * into job from jobs where id = in_id and fence = in_fence for no key update;
    if job.state is distinct from 'Running' then
        return case when job.state = 'Available' then 1 else 0 end;
    end if;
    select * into flow from workflows where id = in_id for no key update;
    woken := flow.wakes <> in_seen;
    update workflows set
        state = case when state = 'Cancelling' then state when paused_at is not null then 'Paused' else in_state end,
        state_by = case when state = 'Cancelling' or paused_at is not null then state_by end,
        state_why = case when state = 'Cancelling' then state_why else in_why end,
        error = coalesce(in_error, error)
    where id = in_id;
    update jobs set
        state = 'Available', attempt = attempt - 1, lease_until = null, last_error = coalesce(in_error, last_error),
        run_at = case
            when woken then lease_clock()
            when flow.paused_at is not null and flow.cancel_until is null then lease_clock() + interval '36500 days'
            else least(
                coalesce(least(in_due, lease_clock() + in_delay), lease_clock() + interval '36500 days'),
                coalesce(flow.cancel_until, flow.deadline_at)) end
    where id = in_id;
    return case when woken then 2 else 1 end;
end
$$;

-- It returned its result. 2: its cancellation was asked for meanwhile, and counts.
create function workflow_complete(in_id uuid, in_fence bigint, in_result jsonb, in_label text)
returns integer language plpgsql as $$
declare
    job jobs;
begin
    select * into job from jobs where id = in_id and fence = in_fence for no key update;
    if job.state is distinct from 'Running' then
        return case when job.state = 'Succeeded' then 1 else 0 end;
    end if;
    update workflows set
        state = 'Completed', label = in_label, state_by = null, state_why = null, result = in_result, error = null,
        finished_at = lease_clock()
    where id = in_id and cancel_at is null;
    if not found then
        return 2;
    end if;
    update jobs set state = 'Succeeded', finished_at = lease_clock(), lease_until = null where id = in_id;
    return 1;
end
$$;

-- It has cleaned up after its cancellation, as far as it could.
create function workflow_withdraw(in_id uuid, in_fence bigint, in_error jsonb) returns integer language plpgsql as $$
declare
    job jobs;
begin
    select * into job from jobs where id = in_id and fence = in_fence for no key update;
    if job.state is distinct from 'Running' then
        return case when job.state = 'Cancelled' then 1 else 0 end;
    end if;
    update workflows set state = 'Cancelled', error = coalesce(in_error, error), finished_at = lease_clock() where id = in_id;
    update jobs set state = 'Cancelled', finished_at = lease_clock(), lease_until = null where id = in_id;
    return 1;
end
$$;

-- A workflow follows its job, whoever moves that: its worker, the rescuer or a person. Where the mover has told the
-- workflow's own state before, in the same transaction, it stands.
create or replace function workflow_follows_job() returns trigger language plpgsql as $$
begin
    if new.state = 'Running' then
        update workflows set state = 'Pending', state_by = null, state_why = 'claimed by ' || coalesce(new.worker, 'a worker')
        where id = new.id and state in ('Scheduled', 'Late', 'AwaitingRetry', 'AwaitingSlot', 'Resuming', 'Suspended');
    elsif new.state = 'Available' and old.state = 'Running' then
        update workflows set
            state = case when new.attempt < old.attempt then 'Scheduled' else 'AwaitingRetry' end, state_by = null,
            state_why = case when new.attempt < old.attempt then 'given back by a worker that stopped'
                else new.last_error ->> 'message' end
        where id = new.id and state in ('Pending', 'Running', 'Retrying');
    elsif new.state = 'Available' then
        update workflows set
            state = 'Scheduled', state_by = new.changed_by, state_why = coalesce(new.changed_why, 'its job was retried'), finished_at = null, deadline_at = null,
            cancel_at = null, cancel_until = null, paused_at = null, scheduled_at = lease_clock()
        where id = new.id and state in ('Cancelled', 'Failed', 'TimedOut', 'Crashed');
        perform workflow_begin_again(new.id);
    elsif new.state = 'Dead' then
        update workflows set
            state = case
                when state = 'Cancelling' then 'Cancelled'
                when new.last_error ->> 'code' in ('workflows.workflow.timed_out', 'workflows.step.timed_out') then 'TimedOut'
                when new.last_error ->> 'code' = 'jobs.lease.expired' then 'Crashed'
                else 'Failed' end,
            state_by = null, state_why = new.last_error ->> 'message', error = new.last_error, finished_at = lease_clock()
        where id = new.id and finished_at is null;
    else
        update workflows set
            state = 'Cancelled', state_by = coalesce(new.changed_by, state_by),
            state_why = coalesce(new.changed_why, 'its job was cancelled'), finished_at = lease_clock()
        where id = new.id and finished_at is null;
    end if;
    return null;
end
$$;

-- What a person's retry gives back: steps that failed have all their attempts before them, clean-up is to be done again
-- the next time, an effect whose end is known or that was called off is a new one.
create function workflow_begin_again(in_id uuid) returns void language plpgsql as $$
begin
    update workflow_steps s set
        effect = null, external = null, intended_at = null, has_ended = false,
        state = 'Failed', finished_at = coalesce(s.finished_at, lease_clock()), due_at = null
    where s.workflow = in_id and s.kind = 'Effect' and s.state <> 'Finished'
        and (s.has_ended and s.external is not null or exists (
            select from workflow_steps c
            where c.workflow = in_id and c.kind = 'CleanUp' and c.state = 'Finished' and c.name = 'cancel: ' || s.name));
    update workflow_steps set failures = 0, retry_at = lease_clock() where workflow = in_id and state = 'Failed';
    delete from workflow_steps where workflow = in_id and kind = 'CleanUp';
    delete from workflow_steps where workflow = in_id and kind = 'Marker' and state = 'Failed';
end
$$;

drop trigger workflow_follows_job on jobs;
create trigger workflow_follows_job after update on jobs for each row
when (new.state <> old.state and new.state <> 'Succeeded' and new.kind like 'workflow.%')
execute function workflow_follows_job();

-- The parent of one that ends is woken with its end.
create function workflow_wakes_parent() returns trigger language plpgsql as $$
begin
    perform workflow_wake(new.parent);
    return null;
end
$$;

create trigger workflow_wakes_parent after update of state on workflows for each row
when (new.parent is not null and new.finished_at is not null and old.finished_at is null)
execute function workflow_wakes_parent();

-- A word for a workflow: accepted, repeated (the same id and body), differs (the same id, another body), missing, ended, full.
create function workflow_tell(in_id uuid, in_message text, in_name text, in_body jsonb, in_by uuid)
returns text language plpgsql as $$
declare
    before workflow_messages;
    ended timestamptz;
begin
    perform from jobs where id = in_id for no key update;
    select finished_at into ended from workflows where id = in_id;
    if not found then
        return 'missing';
    end if;
    select * into before from workflow_messages where workflow = in_id and id = in_message;
    if found then
        return case when before.name = in_name and before.body = in_body then 'repeated' else 'differs' end;
    end if;
    if ended is not null then
        return 'ended';
    end if;
    if (select count(*) from workflow_messages where workflow = in_id and taken_by is null and refused is null) >= 1000 then
        return 'full';
    end if;
    insert into workflow_messages (workflow, id, name, body, sent_by, sent_at)
    values (in_id, in_message, in_name, in_body, in_by, lease_clock());
    perform workflow_wake(in_id);
    return 'accepted';
end
$$;

-- A person asks for the end. What waits is claimed to clean up; what runs is told by its watch.
create function workflow_cancel(in_id uuid, in_grace interval, in_by uuid, in_why text)
returns text language plpgsql as $$
declare
    flow workflows;
begin
    perform from jobs where id = in_id for no key update;
    select * into flow from workflows where id = in_id for no key update;
    if not found then
        return 'missing';
    elsif flow.finished_at is not null or flow.cancel_at is not null then
        return flow.state;
    end if;
    update workflows set
        state = 'Cancelling', state_by = in_by, state_why = in_why, cancel_at = lease_clock(),
        cancel_until = lease_clock() + in_grace, paused_at = null
    where id = in_id;
    perform workflow_wake(in_id);
    return 'accepted';
end
$$;

create function workflow_pause(in_id uuid, in_by uuid, in_why text) returns text language plpgsql as $$
declare
    flow workflows;
begin
    perform from jobs where id = in_id for no key update;
    select * into flow from workflows where id = in_id for no key update;
    if not found then
        return 'missing';
    elsif flow.finished_at is not null or flow.cancel_at is not null or flow.paused_at is not null then
        return flow.state;
    end if;
    update workflows set paused_at = lease_clock() where id = in_id;
    update jobs set run_at = lease_clock() + interval '36500 days' where id = in_id and state = 'Available';
    if found then
        update workflows set state = 'Paused', state_by = in_by, state_why = in_why where id = in_id;
    else
        update workflows set state_by = in_by where id = in_id;
    end if;
    return 'accepted';
end
$$;

create function workflow_resume(in_id uuid, in_by uuid, in_why text) returns text language plpgsql as $$
declare
    flow workflows;
begin
    perform from jobs where id = in_id for no key update;
    select * into flow from workflows where id = in_id for no key update;
    if not found then
        return 'missing';
    elsif flow.paused_at is null then
        return flow.state;
    end if;
    update workflows set paused_at = null where id = in_id;
    update workflows set state = 'Resuming', state_by = in_by, state_why = in_why where id = in_id and state = 'Paused';
    perform workflow_wake(in_id);
    return 'accepted';
end
$$;

-- The only way out of an end: a person's retry. What has finished stays finished.
create function workflow_retry(in_id uuid, in_by uuid, in_why text) returns text language plpgsql as $$
declare
    flow workflows;
begin
    perform from jobs where id = in_id for no key update;
    if not found then
        return 'missing';
    end if;
    select * into flow from workflows where id = in_id for no key update;
    if not found then
        return 'missing';
    elsif flow.state not in ('Cancelled', 'Failed', 'TimedOut', 'Crashed') then
        return flow.state;
    end if;
    update workflows set
        state = 'Scheduled', state_by = in_by, state_why = in_why, finished_at = null, deadline_at = null,
        cancel_at = null, cancel_until = null, paused_at = null, scheduled_at = lease_clock()
    where id = in_id;
    update jobs set state = 'Available', attempt = 0, run_at = lease_clock(), finished_at = null
    where id = in_id and state in ('Dead', 'Cancelled');
    return 'accepted';
end
$$;

-- A person's answer to a step that asks, or decision over one that is uncertain. The step is finished with a value, given
-- up with an error, attached to what was found outside, or begun again.
create function workflow_decide(
    in_id uuid, in_step text, in_state text, in_how text, in_value jsonb, in_external text, in_by uuid, in_why text
) returns text language plpgsql as $$
declare
    flow workflows;
    step workflow_steps;
begin
    perform from jobs where id = in_id for no key update;
    select * into flow from workflows where id = in_id for no key update;
    if not found then
        return 'missing';
    end if;
    select * into step from workflow_steps where workflow = in_id and name = in_step for update;
    if not found then
        return 'step';
    elsif flow.finished_at is not null then
        return 'ended';
    elsif step.state <> in_state then
        return step.state;
    end if;
    update workflow_steps set
        state = case in_how when 'done' then 'Finished' when 'found' then 'Started' else 'Failed' end,
        result = case when in_how = 'done' then in_value end,
        error = case when in_how = 'fail' then in_value end,
        retry_at = case when in_how = 'repeat' then lease_clock() end,
        external = case in_how when 'found' then in_external when 'repeat' then null else external end,
        intended_at = case when in_how = 'repeat' then null else intended_at end,
        due_at = null,
        has_ended = in_how = 'repeat',
        finished_at = case when in_how <> 'found' then lease_clock() end,
        resolved_by = in_by
    where workflow = in_id and name = in_step;
    update workflows set state = 'Resuming', state_by = in_by, state_why = in_why where id = in_id and state = 'Suspended';
    perform workflow_wake(in_id);
    return 'accepted';
end
$$;
