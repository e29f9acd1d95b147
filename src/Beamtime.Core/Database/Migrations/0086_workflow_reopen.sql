-- A person takes back what a person decided over a step: it is uncertain again and waits for the next decision. Only as
-- long as no other step was begun after it, since what that did with the result cannot be taken back here.
create function workflow_reopen(in_id uuid, in_step text, in_by uuid, in_why text) returns text language plpgsql as $$
declare
    flow workflows;
    step workflow_steps;
    later text;
    runs boolean;
    said text;
begin
    select state = 'Running' into runs from jobs where id = in_id for no key update;
    select * into flow from workflows where id = in_id for no key update;
    if not found then
        return 'missing';
    end if;
    select * into step from workflow_steps where workflow = in_id and name = in_step for update;
    if not found then
        return 'step';
    elsif flow.state in ('Completed', 'Cancelled') or flow.cancel_at is not null then
        return 'ended';
    elsif runs then
        return 'runs';
    elsif step.resolved_by is null or step.kind not in ('Once', 'Effect') or step.state in ('Uncertain', 'Waiting')
        or (step.state = 'Failed' and step.retry_at is not null) then
        return 'undecided';
    end if;
    select string_agg(s.name, ', ' order by s.started_at) into later from workflow_steps s
    where s.workflow = in_id and s.name <> in_step and s.kind <> 'CleanUp'
        and s.started_at > coalesce(step.finished_at, flow.state_at);
    if later is not null then
        return 'later:' || later;
    end if;
    update workflow_steps set
        state = 'Uncertain', result = null, error = null, retry_at = null, due_at = null, has_ended = false,
        finished_at = null, resolved_by = null,
        -- An id that a person gave may be wrong as well; evidence finds the right one, or a person.
        external = case when step.state = 'Started' then null else external end
    where workflow = in_id and name = in_step;
    said := in_step || ' is uncertain again: ' || in_why || case step.state
        when 'Finished' then '; its result had been ' || left(coalesce(step.result::text, 'null'), 200)
        when 'Failed' then '; it had been given up'
        else '; outside it had been ' || coalesce(step.external, 'unknown') end;
    if flow.finished_at is not null then
        update workflows set
            state = 'Scheduled', state_by = in_by, state_why = said, finished_at = null,
            deadline_at = null, cancel_until = null, scheduled_at = lease_clock()
        where id = in_id;
        update jobs set state = 'Available', attempt = 0, run_at = lease_clock(), finished_at = null
        where id = in_id and state in ('Dead', 'Cancelled');
        return 'accepted';
    end if;
    -- Each change of state keeps who and why; one that is paused stays so.
    if flow.state not in ('Suspended', 'Paused') then
        update workflows set state = 'Paused', state_by = in_by, state_why = said where id = in_id;
    end if;
    update workflows set state = 'Resuming', state_by = in_by, state_why = said where id = in_id;
    if flow.paused_at is not null then
        update workflows set state = 'Paused', state_by = in_by, state_why = 'is paused' where id = in_id;
    end if;
    perform workflow_wake(in_id) where flow.paused_at is null;
    return 'accepted';
end
$$;
