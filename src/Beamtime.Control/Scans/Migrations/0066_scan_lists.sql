-- Requests that people keep for later, by the name of a list, in the order in which they were put there.
create table scan_lists (
    id uuid primary key,
    beamline text not null,
    list text not null,
    place bigint generated always as identity,
    request jsonb not null,
    who uuid not null,
    at timestamptz not null
);
create index scan_lists_order on scan_lists (beamline, list, place);

-- When a list is put into its queue by itself.
create table scan_list_times (
    beamline text not null,
    list text not null,
    due timestamptz not null,
    who uuid not null,
    reason text not null,
    primary key (beamline, list)
);
