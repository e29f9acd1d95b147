-- What was recorded, with the shape and type of everything in each file, so that it can be searched without the files.
create table scan_history (
    scan uuid primary key,
    beamline text not null,
    number integer not null,
    scan_name text not null,
    ended text not null,
    points bigint not null,
    started_at timestamptz not null,
    ended_at timestamptz not null,
    folder text not null,
    file text not null,
    bytes bigint not null,
    title text,
    sample text,
    account text,
    contents jsonb not null
);
create index scan_history_number on scan_history (beamline, number desc);
create index scan_history_started on scan_history (beamline, started_at desc);
