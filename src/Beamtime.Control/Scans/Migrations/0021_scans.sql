-- Numbers are given at admission and never again.
create table scan_numbers (
    beamline text primary key,
    last integer not null
);

-- Scans that wait or run, in the order in which they run. What a scan is lies in its record.
create table scan_queue (
    scan uuid primary key,
    beamline text not null,
    queue text not null,
    place bigint generated always as identity
);
create index scan_queue_order on scan_queue (beamline, queue, place);

-- Raised each time a scan server starts: devices refuse the one that was replaced.
create table scan_server_epochs (
    beamline text primary key,
    epoch bigint not null
);
