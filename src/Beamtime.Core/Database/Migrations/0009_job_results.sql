-- What a job gave, for whoever waits for it; gone with the job after its retention.
create table job_results (
    job uuid primary key references jobs (id) on delete cascade,
    result jsonb not null
);
