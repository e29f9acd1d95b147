using System.Diagnostics;
using System.Text.Json;
using Beamtime.Core.Telemetry;

namespace Beamtime.Core.Jobs;

/// <summary>
/// Does the work of one job. Returning completes the job, unless <see cref="JobContext{T}.CompleteAsync"/> has;
/// throwing retries or buries it; <see cref="JobPostponedException"/> has it gone on with later.
/// </summary>
/// <typeparam name="TArguments">The arguments of the kind.</typeparam>
/// <param name="job">The arguments and the hold on the job.</param>
/// <param name="cancel">Set when the lease is lost or the worker stops; pass it on and let it through.</param>
internal delegate Task JobHandler<TArguments>(JobContext<TArguments> job, CancellationToken cancel);

/// <summary>The kinds that a worker can run, each with its handler. Filled at start, then only read.</summary>
internal sealed class JobHandlers
{
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>Finds the span that enqueued a job.</summary>
    public Func<JobId, CancellationToken, Task<string?>> TraceOf { get; init; } = (_, _) => Task.FromResult<string?>(null);

    /// <summary>The kinds that have a handler.</summary>
    public IReadOnlyCollection<JobKind> Kinds => [.. _entries.Values.Select(e => e.Kind)];

    /// <summary>Adds a kind with its handler.</summary>
    /// <typeparam name="TArguments">The arguments of the kind.</typeparam>
    /// <param name="kind">The kind; its name only once.</param>
    /// <param name="handler">What does its work.</param>
    public JobHandlers Add<TArguments>(JobKind<TArguments> kind, JobHandler<TArguments> handler)
    {
        _entries.Add(kind.Name, new Entry(kind, RunAsync));
        return this;

        async Task RunAsync(JobHold hold, CancellationToken cancel) =>
            await handler(new JobContext<TArguments>(hold, Read(kind, hold.Job)), cancel);
    }

    /// <summary>The kind of a claimed job.</summary>
    /// <param name="name">The kind's permanent name.</param>
    public JobKind Kind(string name) => _entries[name].Kind;

    /// <summary>Runs the handler of a claimed job.</summary>
    /// <param name="hold">The hold on the job.</param>
    /// <param name="cancel">Set when the lease is lost or the worker stops.</param>
    public async Task RunAsync(JobHold hold, CancellationToken cancel)
    {
        using var correlation = Correlation.Begin((hold.Job.Correlation ?? hold.Job.Id.Value).ToString());
        using var span = Tracing.IsOn
            ? Tracing.Begin($"job {hold.Job.Kind}", ActivityKind.Consumer, await TraceOf(hold.Job.Id, cancel))
            : null;
        span?.SetTag("beamtime.job.id", hold.Job.Id.Value.ToString()).SetTag("beamtime.job.attempt", hold.Job.Attempt);
        try
        {
            await _entries[hold.Job.Kind].Run(hold, cancel);
        }
        catch (Exception error) when (Noted(span, error))
        {
            throw new UnreachableException();
        }
    }

    // As a filter: what is thrown keeps its own way.
    private static bool Noted(Activity? span, Exception error)
    {
        span.Fail(error);
        return false;
    }

    private static TArguments Read<TArguments>(JobKind<TArguments> kind, ClaimedJob job)
    {
        try
        {
            return JsonSerializer.Deserialize(job.Arguments, kind.Json)
                ?? throw new JsonException("The arguments are null.");
        }
        catch (JsonException unreadable)
        {
            throw JobErrors.ArgumentsUnreadable.Fault(
                $"The arguments of job {job.Id} do not fit its kind {job.Kind}: {unreadable.Message}", unreadable);
        }
    }

    private sealed record Entry(JobKind Kind, Func<JobHold, CancellationToken, Task> Run);
}
