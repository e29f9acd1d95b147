using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Beamtime.Sdk.Errors;
using Microsoft.Extensions.Logging;

namespace Beamtime.Core.Topics.Spool;

/// <summary>
/// What a role has to say to the database and must not lose while the database is away: the end of a scan, a closed
/// recording. Each kind has a handler that commits it and knows by the id what it has committed already; a loop hands
/// out one after the other, in the order said, and drops it once its handler has returned.
/// </summary>
/// <param name="spool">Where it lies until then.</param>
/// <param name="isOutage">Whether an exception means that the database is away, so that the same is tried again.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Takes outages.</param>
internal sealed partial class DatabaseSpool(
    RoleSpool spool, Func<Exception, bool> isOutage, TimeProvider time, ILogger logger)
{
    private const string Stream = "database";
    private const int AtOnce = 64;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private readonly Dictionary<string, Func<Guid, ReadOnlyMemory<byte>, CancellationToken, Task>> _handlers =
        new(StringComparer.Ordinal);

    private readonly Lock _gate = new();
    private readonly TopicSignal _said = new();
    private readonly PlaceWatch _watch = new();
    private Task? _begun;
    private long _next;
    private long _drained = -1;

    /// <summary>Says who commits a kind; before the loop runs.</summary>
    /// <typeparam name="T">What is said.</typeparam>
    /// <param name="kind">Its permanent name, dotted: <c>scan.ended</c>.</param>
    /// <param name="codec">Writes and reads it.</param>
    /// <param name="commit">Commits it; what this id has committed already it leaves alone.</param>
    public void Handle<T>(string kind, JsonTypeInfo<T> codec, Func<Guid, T, CancellationToken, Task> commit) =>
        _handlers.Add(kind, (id, body, cancel) => commit(
            id, JsonSerializer.Deserialize(body.Span, codec) ?? throw new JsonException($"{kind} {id} is null."), cancel));

    /// <summary>Says something: when this returns it lies on the disk and will be committed.</summary>
    /// <typeparam name="T">What is said.</typeparam>
    /// <param name="kind">Its name.</param>
    /// <param name="codec">Writes and reads it.</param>
    /// <param name="id">By which its handler knows it again.</param>
    /// <param name="word">What is said.</param>
    /// <param name="cancel">Ends the wait; it may be committed all the same.</param>
    /// <returns>Its place, for <see cref="CommittedAsync"/>.</returns>
    public async ValueTask<long> SayAsync<T>(string kind, JsonTypeInfo<T> codec, Guid id, T word, CancellationToken cancel)
    {
        byte[] body = [.. System.Text.Encoding.UTF8.GetBytes(kind), 0, .. JsonSerializer.SerializeToUtf8Bytes(word, codec)];
        long place;
        await BegunAsync().WaitAsync(cancel);
        await spool.RoomAsync(cancel);
        lock (_gate)
        {
            place = _next++;
            spool.AppendAnyway(new SpoolRecord(Stream, place, id, 0, body));
        }

        await spool.SyncedAsync(cancel);
        _said.Set();
        return place;
    }

    /// <summary>Everything up to a place is committed.</summary>
    /// <param name="place">What <see cref="SayAsync"/> gave.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task CommittedAsync(long place, CancellationToken cancel)
    {
        lock (_gate)
        {
            return _drained > place ? Task.CompletedTask : _watch.AtAsync(place + 1).WaitAsync(cancel);
        }
    }

    /// <summary>Everything that has been said up to now is committed, also by an earlier life of the role.</summary>
    /// <param name="cancel">Ends the wait.</param>
    public async Task DrainedAsync(CancellationToken cancel)
    {
        long place;
        await BegunAsync().WaitAsync(cancel);
        lock (_gate)
        {
            place = _next - 1;
        }

        await CommittedAsync(place, cancel);
    }

    /// <summary>Commits what was said, in order, until cancelled; also what an earlier life of the role has said.</summary>
    /// <param name="cancel">Ends it; what is not committed stays.</param>
    /// <exception cref="InvalidOperationException">A kind has no handler, or a handler failed for another reason than an outage.</exception>
    public async Task RunAsync(CancellationToken cancel)
    {
        await BegunAsync().WaitAsync(cancel);
        while (true)
        {
            long until;
            lock (_gate)
            {
                until = _next;
            }

            var records = await spool.ReadAsync(Stream, AtOnce, cancel);
            foreach (var record in records)
            {
                await CommitAsync(record, cancel);
                spool.Drop(Stream, record.Sequence + 1);
                Drained(record.Sequence + 1);
            }

            if (records.Count == 0)
            {
                // What was said before the look lay in the spool then; so nothing of it is left.
                Drained(until);
                await _said.WaitAsync(cancel);
            }
        }
    }

    // Nothing is numbered before what an earlier life has left, also under other roles, is here.
    private Task BegunAsync()
    {
        lock (_gate)
        {
            return _begun ??= BeginAsync();
        }
    }

    private async Task BeginAsync()
    {
        await spool.TakeOverAsync(Stream, CancellationToken.None);
        lock (_gate)
        {
            _next = spool.End(Stream)?.Next ?? 0;
        }
    }

    private async Task CommitAsync(SpoolRecord record, CancellationToken cancel)
    {
        var body = record.Body;
        var end = body.Span.IndexOf((byte)0);
        var kind = System.Text.Encoding.UTF8.GetString(body.Span[..Math.Max(end, 0)]);
        if (!_handlers.TryGetValue(kind, out var commit))
        {
            throw new InvalidOperationException($"Nobody commits '{kind}', which this role has spooled.");
        }

        while (true)
        {
            try
            {
                await commit(record.Id, body[(end + 1)..], cancel);
                return;
            }
            catch (Exception error) when (IsPassing(error))
            {
                LogWaiting(kind, record.Id, error.Message);
            }

            await Task.Delay(Pause, time, cancel);
        }
    }

    private bool IsPassing(Exception error) =>
        isOutage(error) || error is FaultException { Reason.Retry: not RetryClass.Never };

    private void Drained(long until)
    {
        lock (_gate)
        {
            _drained = until;
            _watch.Reached(until);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Kind} {Id} stays in the spool until the database is back: {Reason}")]
    private partial void LogWaiting(string kind, Guid id, string reason);
}
