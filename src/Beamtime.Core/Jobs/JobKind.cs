using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Beamtime.Core.Jobs;

/// <summary>How jobs of one kind are held and retried.</summary>
internal sealed record JobKindOptions
{
    /// <summary>30 s lease, 5 attempts, <see cref="Backoff.Usual"/>.</summary>
    public static readonly JobKindOptions Usual = new();

    /// <summary>The queue that jobs of this kind wait in unless told otherwise.</summary>
    public string Queue { get; init; } = "default";

    /// <summary>Attempts after which a failing job is dead, at least 1.</summary>
    public int MaxAttempts { get; init; } = 5;

    /// <summary>How long a worker may be silent before its job is given to another.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The pause between attempts.</summary>
    public Backoff Backoff { get; init; } = Backoff.Usual;
}

/// <summary>A kind of job, without the type of its arguments.</summary>
/// <param name="Name">Permanent: it stands in the database.</param>
/// <param name="Options">How its jobs are held and retried.</param>
internal abstract record JobKind(string Name, JobKindOptions Options);

/// <summary>A kind of job: its permanent name, its arguments and how its jobs are held and retried.</summary>
/// <typeparam name="TArguments">What a handler is given.</typeparam>
/// <param name="Name">Permanent: it stands in the database.</param>
/// <param name="Json">The codec of the arguments.</param>
/// <param name="Options">How its jobs are held and retried.</param>
internal sealed record JobKind<TArguments>(string Name, JsonTypeInfo<TArguments> Json, JobKindOptions Options)
    : JobKind(Name, Options)
{
    /// <summary>A job of this kind, to be enqueued; key, priority, time and so on by <c>with</c>.</summary>
    /// <param name="arguments">What its handler will be given.</param>
    public NewJob Of(TArguments arguments) => new()
    {
        Kind = Name,
        Queue = Options.Queue,
        Arguments = JsonSerializer.Serialize(arguments, Json),
        MaxAttempts = Options.MaxAttempts,
        Correlation = Telemetry.Correlation.CurrentId,
    };
}
