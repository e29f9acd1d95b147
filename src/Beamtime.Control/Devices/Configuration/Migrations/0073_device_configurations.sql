-- Every configuration of a beamline's devices that was in force or was to be, whole. A change is written before it is
-- carried out (begun) and afterwards (applied, or refused when it was taken back). Beside it stand the devices of the
-- site's file at that time, so that a later change of the file can be told from a live one.
create table device_configurations (
    beamline text not null,
    revision integer not null,
    state text not null,
    action text not null,
    devices jsonb not null,
    file_devices jsonb not null,
    made_at timestamptz not null,
    who uuid not null,
    reason text not null,
    primary key (beamline, revision)
);
