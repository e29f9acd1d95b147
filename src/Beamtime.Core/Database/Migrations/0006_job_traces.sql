-- The span that enqueued a job, where traces are gathered: what the job does belongs to the same trace.
create table job_traces (
    job          uuid primary key references jobs (id) on delete cascade,
    traceparent  text not null check (length(traceparent) <= 128)
);
