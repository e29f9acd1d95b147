-- Backups that were made of this database, the newest hundred, so that the doctor knows how old the newest is. A restored
-- database knows those made before the one that it was restored from.
create table backups (
    id bigint generated always as identity primary key,
    made_at timestamptz not null,
    host text not null,
    path text not null,
    bytes bigint not null
);
