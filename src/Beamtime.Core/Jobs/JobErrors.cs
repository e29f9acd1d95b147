using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Jobs;

/// <summary>The codes of the job queue.</summary>
internal static class JobErrors
{
    /// <summary>Nobody claims jobs.</summary>
    public static readonly ErrorCode NoWorkers = new(
        "jobs.workers.none",
        "No worker is active: jobs wait until one is.",
        "Start one with `beamtime worker`, or have a draining one go on with `beamtime worker resume`.",
        RetryClass.Later);

    /// <summary>A due job waits for too long.</summary>
    public static readonly ErrorCode QueueLate = new(
        "jobs.queue.late",
        "A job that is due has been waiting for longer than telemetry.late_job.",
        "Start more workers or raise their concurrency; look whether the queue is paused or its jobs fail.",
        RetryClass.Later);

    /// <summary>The writer no longer holds the job.</summary>
    public static readonly ErrorCode LeaseLost = new(
        "jobs.lease.lost",
        "The job's lease ran out, or the job was cancelled, while a worker still worked on it.",
        "Nothing: what this worker wrote was refused, and the present holder goes on. If it recurs, lengthen the kind's lease.",
        RetryClass.Later);

    /// <summary>A worker vanished with the job.</summary>
    public static readonly ErrorCode LeaseExpired = new(
        "jobs.lease.expired",
        "The worker that held the job stopped extending its lease: it was killed, or lost the database.",
        "Look into the log of the worker named in the job for why it ended.",
        RetryClass.Later);

    /// <summary>A handler threw something that is neither a fault nor a refusal.</summary>
    public static readonly ErrorCode HandlerFailed = new(
        "jobs.handler.failed",
        "The job's handler ended with an unexpected exception.",
        "Report it with the log around this job's id, then retry the job.",
        RetryClass.Later);

    /// <summary>The handler's transaction with the completion in it did not commit.</summary>
    public static readonly ErrorCode CompletionRolledBack = new(
        "jobs.completion.rolled_back",
        "The handler returned although the transaction that completed its job was not committed.",
        "Report it with the job's kind: its handler must commit, or throw.",
        RetryClass.Later);

    /// <summary>The stored arguments do not fit the kind.</summary>
    public static readonly ErrorCode ArgumentsUnreadable = new(
        "jobs.arguments.unreadable",
        "The job's arguments cannot be read by the program that claimed it.",
        "Run the version that enqueued the job, or cancel it and enqueue it anew.");

    /// <summary>No such job.</summary>
    public static readonly ErrorCode NotFound = new(
        "jobs.job.not_found",
        "No job has this id; finished jobs are removed after their retention.",
        "List the jobs and take an id from there.");

    /// <summary>The job's state does not allow it.</summary>
    public static readonly ErrorCode StateForbids = new(
        "jobs.state.forbids",
        "The job's present state does not allow what was asked.",
        "Show the job; only waiting and running jobs are cancelled, only dead ones retried or discarded.");

    /// <summary>Another live job has the key.</summary>
    public static readonly ErrorCode KeyTaken = new(
        "jobs.key.taken",
        "Another job of the same kind and key waits or runs.",
        "Let that job finish, or cancel it.");

    /// <summary>Somebody withdrew the job that another waits for.</summary>
    public static readonly ErrorCode Withdrawn = new(
        "jobs.job.withdrawn",
        "The job was cancelled by a person while another part of the program waited for its result.",
        "Ask again for what needed it.");

    /// <summary>No worker of this name.</summary>
    public static readonly ErrorCode WorkerUnknown = new(
        "jobs.worker.unknown",
        "No worker has this name or id; one that ended in order is not listed.",
        "List the workers and take a name from there.");

    /// <summary>No work queue or pool of this name.</summary>
    public static readonly ErrorCode QueueUnknown = new(
        "jobs.queue.unknown",
        "No work queue or work pool has this name.",
        "List the queues and pools; a queue comes to be with its first job or when it is set.");

    /// <summary>A work queue, a work pool or a weight cannot be set so.</summary>
    public static readonly ErrorCode QueueInvalid = new(
        "jobs.queue.invalid",
        "A name, limit, priority or weight is outside its bounds.",
        "Correct what the message names.");

    /// <summary>A list of jobs was asked for with a page that cannot be.</summary>
    public static readonly ErrorCode PageInvalid = new(
        "jobs.page.invalid",
        "The page that was asked for lies outside its bounds.",
        "Ask for an offset of at least 0 and a limit of 1 to 1000.");

    /// <summary>Something is done to jobs without saying why.</summary>
    public static readonly ErrorCode WhyMissing = new(
        "jobs.why.missing",
        "A job is discarded only with a reason, which is kept with it.",
        "Say why: --reason on the command line, why in the request.");

    /// <summary>A workflow's job is not cancelled on its own.</summary>
    public static readonly ErrorCode DrivesWorkflow = new(
        "jobs.job.drives_workflow",
        "The job drives a workflow, whose clean-up would not be done if the job were taken away.",
        "Cancel the workflow: 'beamtime workflow cancel' with the same id.");
}
