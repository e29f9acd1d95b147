using System.Security.Cryptography;
using System.Text;

namespace Beamtime.Core.Jobs;

/// <summary>A job about to be enqueued; made by <see cref="JobKind{TArguments}.Of"/>.</summary>
internal sealed record NewJob
{
    /// <summary>The kind's permanent name.</summary>
    public required string Kind { get; init; }

    /// <summary>The queue it waits in.</summary>
    public required string Queue { get; init; }

    /// <summary>Its arguments as JSON.</summary>
    public required string Arguments { get; init; }

    /// <summary>Attempts after which it is dead.</summary>
    public required int MaxAttempts { get; init; }

    /// <summary>At most one job of a kind with this key waits or runs; a second is the first.</summary>
    public string? Key { get; init; }

    /// <summary>
    /// Lower goes first, from -100 to 100: each step is worth as much waiting as <c>jobs.ageing</c> says, so that nothing
    /// waits for ever. Jobs of equal priority go in the order of their time.
    /// </summary>
    public short Priority
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, (short)-100);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, (short)100);
            field = value;
        }
    }

    /// <summary>Not before this instant; absent, at once.</summary>
    public DateTimeOffset? RunAt { get; init; }

    /// <summary>A pause after <see cref="RunAt"/>, or from now, by the database's clock.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>What this job belongs to: the request, run or execution that made it necessary.</summary>
    public Guid? Correlation { get; init; }

    /// <summary>Whose work it is; projects that wait in one queue are served in turn, by their weights.</summary>
    public string? Project { get; init; }

    /// <summary>Admits only so many jobs of a key to run at once.</summary>
    public ConcurrencyKey? Concurrency { get; init; }

    /// <summary>Admits only so many starts of a key in an interval.</summary>
    public RateKey? Rate { get; init; }

    /// <summary>What a worker must offer to claim it.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>Jobs of one sequence run one after another, in the order of their enqueueing; a dead one is passed over.</summary>
    public string? Sequence { get; init; }

    /// <summary>Set where another record shares the job's id; absent, a new one is made.</summary>
    public JobId? Id { get; init; }

    /// <summary>Names what decides over the job's admission; empty where nothing does. Jobs of one lane are admitted alike.</summary>
    public string Lane
    {
        get
        {
            if (Project is null && Concurrency is null && Rate is null && Sequence is null && Labels.Count == 0)
            {
                return "";
            }

            var demands = string.Join('\u001f', Project, Concurrency, Rate, Sequence, string.Join('\u001e', Labels.Order(StringComparer.Ordinal)));
            return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(demands)).AsSpan(0, 16));
        }
    }
}

/// <summary>A key of which only so many jobs run at once, whichever queues they wait in.</summary>
/// <param name="Name">The key.</param>
/// <param name="Cap">The job is admitted while fewer than this many of the key run, at least 1.</param>
internal sealed record ConcurrencyKey(string Name, int Cap);

/// <summary>A key of which only so many jobs start within any interval of a length.</summary>
/// <param name="Name">The key.</param>
/// <param name="Limit">Starts, 1 to 1000; an attempt after a failure is a start too.</param>
/// <param name="Per">The interval's length.</param>
internal sealed record RateKey(string Name, int Limit, TimeSpan Per);

/// <summary>What enqueueing gave.</summary>
/// <param name="Id">The job: the new one, or the live one that has its key.</param>
/// <param name="IsNew">False where a live job already had the key.</param>
internal sealed record EnqueuedJob(JobId Id, bool IsNew);
