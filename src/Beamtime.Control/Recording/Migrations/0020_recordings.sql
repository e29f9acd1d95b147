-- Scans that were started and whose files are not closed yet: what must be recovered after a crash. A row goes in the
-- transaction that enters the closed recording into the ledger.
create table open_recordings (
    scan uuid primary key,
    beamline text not null,
    number integer not null,
    folder text not null,
    prefix text not null,
    scan_name text not null,
    opened_at timestamptz not null
);
create index open_recordings_beamline on open_recordings (beamline, number);
