using System.Text.Json;
using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Jobs;

/// <summary>One page of jobs, newest first.</summary>
/// <param name="Items">The jobs of this page.</param>
/// <param name="Total">How many match on all pages.</param>
/// <param name="Offset">Jobs passed over.</param>
/// <param name="Limit">Jobs on a page at most.</param>
internal sealed record JobPageView(IReadOnlyList<JobView> Items, long Total, int Offset, int Limit);

/// <summary>A job as REST shows it.</summary>
/// <param name="Id">The job.</param>
/// <param name="Queue">The work queue that it waits in.</param>
/// <param name="Kind">The kind's permanent name.</param>
/// <param name="Key">Its key.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Priority">Lower goes first.</param>
/// <param name="RunAt">When it is due, or was, UTC.</param>
/// <param name="Attempt">Attempts begun and counted.</param>
/// <param name="MaxAttempts">The attempt after which it is dead.</param>
/// <param name="Worker">Who holds it, or held it last.</param>
/// <param name="LeaseUntil">Until when its holder may be silent, UTC.</param>
/// <param name="Error">Why the last failed attempt failed.</param>
/// <param name="Correlation">What it belongs to.</param>
/// <param name="Project">Whose work it is.</param>
/// <param name="Concurrency">The key of which only so many run at once.</param>
/// <param name="Rate">The key of which only so many start in an interval.</param>
/// <param name="Labels">What a worker must offer.</param>
/// <param name="Sequence">The sequence in which it has its place.</param>
/// <param name="CreatedAt">When it was enqueued, UTC.</param>
/// <param name="StartedAt">When it was last claimed, UTC.</param>
/// <param name="FinishedAt">When it succeeded, died or was cancelled, UTC.</param>
/// <param name="ChangedBy">Who cancelled, discarded or retried it last.</param>
/// <param name="ChangedWhy">Why, in that person's words.</param>
/// <param name="Arguments">Its arguments; only where one job is shown.</param>
internal sealed record JobView(
    Guid Id,
    string Queue,
    string Kind,
    string? Key,
    JobState State,
    short Priority,
    DateTimeOffset RunAt,
    int Attempt,
    int MaxAttempts,
    string? Worker,
    DateTimeOffset? LeaseUntil,
    Reason? Error,
    Guid? Correlation,
    string? Project,
    ConcurrencyKey? Concurrency,
    RateKey? Rate,
    IReadOnlyList<string> Labels,
    string? Sequence,
    DateTimeOffset CreatedAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? FinishedAt,
    Guid? ChangedBy,
    string? ChangedWhy,
    JsonElement? Arguments = null)
{
    /// <summary>The view of a job.</summary>
    /// <param name="job">The job.</param>
    public static JobView Of(JobRecord job) => new(
        job.Id.Value,
        job.Queue,
        job.Kind,
        job.Key,
        job.State,
        job.Priority,
        job.RunAt,
        job.Attempt,
        job.MaxAttempts,
        job.Worker,
        job.LeaseUntil,
        job.LastError,
        job.Correlation,
        job.Project,
        job.Concurrency,
        job.Rate,
        job.Labels,
        job.Sequence,
        job.CreatedAt,
        job.StartedAt,
        job.FinishedAt,
        job.ChangedBy,
        job.ChangedWhy);
}

/// <summary>A change of one job.</summary>
/// <param name="Why">Why, in words that are kept with the job.</param>
internal sealed record JobChangeRequest(string? Why = null);

/// <summary>A change of many dead jobs; what is absent does not restrict.</summary>
/// <param name="Why">Why, in words that are kept with the jobs.</param>
/// <param name="Queue">Only of this work queue.</param>
/// <param name="Kind">Only of this kind.</param>
/// <param name="Project">Only of this project.</param>
/// <param name="Correlation">Only what belongs to this.</param>
/// <param name="Limit">At most so many, 1 to 1000.</param>
internal sealed record JobsChangeRequest(
    string? Why = null, string? Queue = null, string? Kind = null, string? Project = null, Guid? Correlation = null, int Limit = 1000)
{
    /// <summary>The jobs that are meant.</summary>
    public JobFilter Filter() => new() { Queue = Queue, Kind = Kind, Project = Project, Correlation = Correlation };
}

/// <summary>What became of a change of many jobs.</summary>
/// <param name="Changed">Those that were changed.</param>
/// <param name="Refused">Why others were not.</param>
/// <param name="Left">How many dead jobs of the filter are left.</param>
internal sealed record JobsChangeView(IReadOnlyList<Guid> Changed, IReadOnlyList<Reason> Refused, long Left)
{
    /// <summary>The view of an answer.</summary>
    /// <param name="changed">The answer.</param>
    public static JobsChangeView Of(JobsChanged changed) =>
        new([.. changed.Changed.Select(c => c.Value)], changed.Refused, changed.Left);
}
