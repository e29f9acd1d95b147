-- What belongs to a data set and is many: its files and their copies. The data set itself is a record of the ledger.
create table datasets (
    id            uuid primary key,
    recording     uuid unique,
    -- The same on every storage; null until the files were found on one.
    folder        text,
    workflow      uuid,
    parameters    jsonb not null,
    registered_at timestamptz not null
);

create table dataset_files (
    dataset     uuid not null references datasets (id),
    number      integer not null,
    path        text not null,
    bytes       bigint not null check (bytes >= 0),
    modified_at timestamptz not null,
    -- Null until the first copy: large files are hashed in the pass that copies them.
    sha256      text check (sha256 ~ '^[0-9a-f]{64}$'),
    primary key (dataset, number),
    unique (dataset, path)
);

create table dataset_copies (
    id          uuid primary key,
    dataset     uuid not null,
    file        integer not null,
    storage     text not null,
    state       text not null check (state in ('Copying', 'Present', 'Verified', 'Corrupt', 'Missing', 'Removed')),
    changed_at  timestamptz not null,
    verified_at timestamptz,
    problem     jsonb,
    unique (dataset, file, storage),
    foreign key (dataset, file) references dataset_files (dataset, number),
    check (state <> 'Verified' or verified_at is not null)
);
create index dataset_copies_storage on dataset_copies (storage, state);

create table dataset_lineage (
    dataset uuid not null references datasets (id),
    source  uuid not null references datasets (id),
    primary key (dataset, source),
    check (dataset <> source)
);
create index dataset_lineage_source on dataset_lineage (source);
