-- Data sets of measurements: a number for each scan, or for all scans of a group.
create table scan_datasets (
    beamline text primary key,
    last integer not null
);

-- Scans that belong together.
create table scan_groups (
    id uuid primary key,
    beamline text not null,
    name text not null,
    dataset integer not null,
    opened_at timestamptz not null default clock_timestamp()
);
create index scan_groups_newest on scan_groups (beamline, opened_at desc);

create table scan_group_members (
    scan uuid primary key,
    scan_group uuid not null references scan_groups (id)
);
create index scan_group_members_group on scan_group_members (scan_group);
