-- What a run of a server script was asked for. Where it stands lies in its workflow, with which it goes.
create table script_runs (
    id        uuid primary key references workflows (id) on delete cascade,
    beamline  text not null,
    queue     text not null,
    script    text not null,
    request   jsonb not null,
    plugin    text,
    who       uuid not null,
    asked_at  timestamptz not null
);
create index script_runs_newest on script_runs (beamline, asked_at desc);

-- What a run says. A line is written in the transaction that remembers the step that says it: once.
create table script_lines (
    run    uuid not null references script_runs (id) on delete cascade,
    place  integer not null,
    at     timestamptz not null,
    line   text not null,
    primary key (run, place)
);
