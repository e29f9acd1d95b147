-- Names of people lie here alone, so that they can be erased; entries carry the id.
create table people (
    id uuid primary key,
    name text not null
);
insert into people (id, name) values ('00000000-0000-7000-8000-000000000001', 'system');

-- Transaction numbers begin anew when a backup is restored into another server; the epoch goes before them in the order.
create table ledger_epoch (
    single boolean primary key default true check (single),
    epoch integer not null
);
insert into ledger_epoch (epoch) values (1);
revoke insert, update, delete on ledger_epoch from beamtime_program;

create table entries (
    epoch integer not null,
    tx xid8 not null default pg_current_xact_id(),
    position bigint generated always as identity,
    kind text not null,
    id text not null,
    version integer not null,
    type text not null,
    type_version smallint not null,
    who uuid not null,
    why text not null,
    at timestamptz not null,
    correlation text not null,
    cause text,
    data jsonb not null,
    primary key (kind, id, version)
);
create unique index entries_order on entries (epoch, tx, position);
revoke update, delete, truncate on entries from beamtime_program;

create table records (
    kind text not null,
    id text not null,
    version integer not null,
    fold_version smallint not null,
    beamline text,
    number bigint,
    name text,
    status text,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    document jsonb not null,
    primary key (kind, id)
) with (fillfactor = 80);
create index records_newest on records (kind, created_at desc, id);
create index records_status on records (kind, status, created_at desc) where status is not null;
create index records_name on records (kind, name) where name is not null;
create index records_number on records (kind, beamline, number) where number is not null;

create table cursors (
    name text primary key,
    epoch integer not null default 0,
    tx xid8 not null default '0',
    position bigint not null default 0,
    moved_at timestamptz not null default clock_timestamp()
);

-- Entries and the state folded from them, in one round trip. The record's row is the guard: who comes second waits for
-- the first to end and then finds another version. False when the stream is not at the expected version.
create function ledger_append(
    in_kind text, in_id text, in_expected integer,
    in_types text[], in_type_versions smallint[], in_data jsonb[],
    in_who uuid, in_why text, in_at timestamptz, in_correlation text, in_cause text,
    in_fold_version smallint, in_document jsonb,
    in_beamline text, in_number bigint, in_name text, in_status text
) returns boolean
language plpgsql
as $$
begin
    if in_expected = 0 then
        insert into records (kind, id, version, fold_version, beamline, number, name, status,
                             created_at, updated_at, document)
        values (in_kind, in_id, cardinality(in_types), in_fold_version, in_beamline, in_number, in_name, in_status,
                in_at, in_at, in_document)
        on conflict do nothing;
    else
        update records
        set version = in_expected + cardinality(in_types), fold_version = in_fold_version, beamline = in_beamline,
            number = in_number, name = in_name, status = in_status, updated_at = in_at, document = in_document
        where kind = in_kind and id = in_id and version = in_expected;
    end if;
    if not found then
        return false;
    end if;

    insert into entries (epoch, kind, id, version, type, type_version, who, why, at, correlation, cause, data)
    select (select epoch from ledger_epoch), in_kind, in_id, in_expected + e.n, e.type, e.type_version,
           in_who, in_why, in_at, in_correlation, in_cause, e.data
    from unnest(in_types, in_type_versions, in_data) with ordinality as e (type, type_version, data, n)
    order by e.n;
    return true;
end
$$;
