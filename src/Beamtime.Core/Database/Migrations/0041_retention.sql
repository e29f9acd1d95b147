-- A workflow and its steps go with the job that drove it, after the job's retention.
create function workflow_goes_with_job() returns trigger language plpgsql as $$
begin
    delete from workflows w using gone where w.id = gone.id;
    return null;
end
$$;

create trigger workflow_goes_with_job after delete on jobs referencing old table as gone for each statement
execute function workflow_goes_with_job();
