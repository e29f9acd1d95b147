-- What the program may do by default with the tables of this and later migrations. Tables that only grow take
-- their exceptions back where they are made.
revoke create on schema public from public;
grant usage on schema public to beamtime_program;
alter default privileges in schema public grant select, insert, update, delete on tables to beamtime_program;
alter default privileges in schema public grant usage, select on sequences to beamtime_program;
grant select on migrations to beamtime_program;

-- Every lease is measured by one clock. A test database, told by its name, may shift it; no other can hold a row.
create table lease_clock_shift (
    single boolean primary key default true check (single),
    shift interval not null check (current_database() like 'test\_%')
);
revoke insert, update, delete on lease_clock_shift from beamtime_program;

create function lease_clock() returns timestamptz
language sql volatile parallel safe
as $$
    select clock_timestamp() + coalesce((select shift from lease_clock_shift), interval '0')
$$;
