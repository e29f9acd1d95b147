using Beamtime.Core.Topics;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Microsoft.Extensions.Logging;

namespace Beamtime.Control.Devices;

/// <summary>Listens to the device server: keeps the book of devices, and knows when it is lost or another one came.</summary>
internal sealed partial class DeviceWatch(
    DeviceTopics topics, DeviceBook book, DeviceOptions options, TimeProvider time, ILogger<DeviceWatch> logger) : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);
    private readonly Lock _gate = new();
    private TaskCompletionSource _began = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile DeviceServerSession? _session;
    private long _heardAt;
    private long _ownerEpoch;

    /// <summary>A device has published a change: device, signal, reading. Handlers return quickly.</summary>
    public event Action<string, string, Reading>? Changed;

    /// <summary>The device server that is heard; null while none is.</summary>
    public DeviceServerSession? Session => _session;

    /// <summary>The highest epoch of an owner that the device server has seen.</summary>
    public long OwnerEpoch => Volatile.Read(ref _ownerEpoch);

    /// <summary>The device server that is heard, as soon as one is.</summary>
    /// <param name="patience">How long to wait.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="FaultException"><c>role.unreachable</c>.</exception>
    public async ValueTask<DeviceServerSession> SessionAsync(TimeSpan patience, CancellationToken cancel)
    {
        while (true)
        {
            Task began;
            lock (_gate)
            {
                if (_session is { } session)
                {
                    return session;
                }

                began = _began.Task;
            }

            try
            {
                await began.WaitAsync(patience, time, cancel);
            }
            catch (TimeoutException)
            {
                throw Silent(patience);
            }
        }
    }

    /// <summary>Looks at what is there, so that the book is filled where a device server runs already.</summary>
    /// <param name="cancel">Gives up.</param>
    public async Task LookAsync(CancellationToken cancel)
    {
        if (await topics.Roster.LastAsync(cancel) is { Message: var state })
        {
            book.Take(state);
        }

        if (await topics.Values.LastAsync(cancel) is { Message: var values } && values.Server == book.Server)
        {
            book.Take(values);
        }

        if (await topics.Beats.LastAsync(cancel) is { } beat && time.GetUtcNow() - beat.PublishedAt < options.SilenceLimit)
        {
            await HearAsync(beat.Message, cancel);
        }
    }

    /// <summary>Listens until cancelled.</summary>
    /// <param name="cancel">Ends the loop.</param>
    public async Task RunAsync(CancellationToken cancel)
    {
        var signal = new TopicSignal();
        using var rosters = new Newest<DeviceRosterState>(topics.Roster.SubscribeLossy(signal));
        using var values = new Newest<DeviceValues>(topics.Values.SubscribeLossy(signal));
        using var beats = new Newest<DeviceBeat>(topics.Beats.SubscribeLossy(signal));
        using var changes = topics.Changes.SubscribeLossy(signal);
        var batch = new DeviceChange[64];
        await using var timer = time.CreateTimer(static s => ((TopicSignal)s!).Set(), signal, Tick, Tick);
        await LookAsync(cancel);
        while (true)
        {
            if (rosters.Read() is { } state)
            {
                book.Take(state);
            }

            if (values.Read() is { } rows && rows.Server == book.Server)
            {
                book.Take(rows);
            }

            for (int count; (count = changes.Read(batch)) > 0;)
            {
                foreach (var change in batch.AsSpan(0, count))
                {
                    Changed?.Invoke(change.Device, change.Signal, change.Reading);
                }
            }

            if (beats.Read() is { } beat)
            {
                await HearAsync(beat, cancel);
            }
            else if (_session is { } session && time.GetElapsedTime(_heardAt) > options.SilenceLimit)
            {
                Lose(session, Silent(options.SilenceLimit).Reason);
            }

            await signal.WaitAsync(cancel);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _session?.Dispose();

    private async ValueTask HearAsync(DeviceBeat beat, CancellationToken cancel)
    {
        _heardAt = time.GetTimestamp();
        Volatile.Write(ref _ownerEpoch, beat.OwnerEpoch);
        if (_session is { } session)
        {
            if (session.Server == beat.Server)
            {
                return;
            }

            Lose(session, DeviceErrors.ServerRestarted.Because("The device server was started again."));
        }

        // The roster was told before the first sign of life; it may arrive after it.
        if (book.Server != beat.Server && await topics.Roster.LastAsync(cancel) is { Message: var state })
        {
            book.Take(state);
        }

        if (book.Server == beat.Server)
        {
            Begin(beat.Server);
        }
    }

    private void Begin(Guid server)
    {
        LogHeard(logger, book.Usable.Count, book.Unusable.Count);
        lock (_gate)
        {
            _session = new DeviceServerSession(server);
            _began.TrySetResult();
            _began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private void Lose(DeviceServerSession session, Reason why)
    {
        LogLost(logger, why.Message);
        _session = null;
        // Not disposed: who asked it for something still holds its token.
        session.End(why);
    }

    private static FaultException Silent(TimeSpan span) => TopicErrors.RoleUnreachable.Fault(
        $"The device server was not heard for {span.TotalSeconds:0.###} s.");

    // Of several messages of a kind only the newest counts.
    private sealed class Newest<T>(Subscription<T> subscription) : IDisposable
        where T : class
    {
        private readonly T[] _batch = new T[16];

        public T? Read()
        {
            T? newest = null;
            for (int count; (count = subscription.Read(_batch)) > 0;)
            {
                newest = _batch[count - 1];
            }

            return newest;
        }

        public void Dispose() => subscription.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "A device server is heard: {Usable} devices can be used, {Unusable} cannot")]
    private static partial void LogHeard(ILogger logger, int usable, int unusable);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The device server is lost: {Message}")]
    private static partial void LogLost(ILogger logger, string message);
}
