using System.Threading.Channels;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Beamtime.Control.Scans.Moves;

/// <summary>
/// The record of moves: who moved what where, and what became of it. A motor can be moved while the database is away; what
/// there is to record waits in memory then, and is recorded when it is back.
/// </summary>
internal sealed partial class MoveHistory(
    LedgerStore ledger, ScanOptions options, TimeProvider time, ILogger<MoveHistory> logger)
{
    private const int Waiting = 1024;
    private static readonly TimeSpan IntentLimit = TimeSpan.FromSeconds(2);

    // Moves that are over, and those whose beginning the database did not take. Full: the next one waits for its record.
    private readonly Channel<(Move Move, MoveOver? Over)> _untold = Channel.CreateBounded<(Move Move, MoveOver? Over)>(Waiting);

    /// <summary>Records that a move begins, before it does; gives up where the database does not answer soon.</summary>
    /// <param name="move">The move.</param>
    /// <param name="cancel">Gives up the move.</param>
    public async Task BeginAsync(Move move, CancellationToken cancel)
    {
        using var soon = new CancellationTokenSource(IntentLimit, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel, soon.Token);
        try
        {
            await RecordAsync(move, null, limit.Token);
        }
        catch (Exception error) when (IsAway(error) && !cancel.IsCancellationRequested)
        {
            LogLater(logger, error, move.Id);
            await _untold.Writer.WriteAsync((move, null), cancel);
        }
    }

    /// <summary>Has it recorded that a move is over.</summary>
    /// <param name="move">The move.</param>
    /// <param name="over">How it ended.</param>
    public ValueTask EndAsync(Move move, MoveOver over) => _untold.Writer.WriteAsync((move, over));

    /// <summary>Records until cancelled; first, that moves of a program that died are interrupted.</summary>
    /// <param name="cancel">Ends it; what is over by then is still recorded where the database answers.</param>
    public async Task RunAsync(CancellationToken cancel)
    {
        await ThroughOutagesAsync(InterruptAsync, cancel);
        try
        {
            while (true)
            {
                var (move, over) = await _untold.Reader.ReadAsync(cancel);
                await ThroughOutagesAsync(c => RecordAsync(move, over, c), cancel);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            using var limit = new CancellationTokenSource(IntentLimit, time);
            while (_untold.Reader.TryRead(out var last))
            {
                await RecordAsync(last.Move, last.Over, limit.Token);
            }

            throw;
        }
    }

    /// <summary>Moves that were recorded, newest first.</summary>
    /// <param name="people">Names people.</param>
    /// <param name="offset">Moves to skip.</param>
    /// <param name="limit">Moves at most, 1 to 1000.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<MovePage> ListAsync(PeopleStore people, int offset, int limit, CancellationToken cancel)
    {
        var page = await ledger.ListRecordsAsync(
            MoveRecord.Kind, new RecordQuery { Beamline = options.Beamline, Offset = offset, Limit = limit }, cancel);
        var names = await people.NamesAsync([.. page.Items.Select(m => new PersonId(m.State!.Who)).Distinct()], cancel);
        return new MovePage(
            [
                .. page.Items.Select(m => new RecordedMove(
                    Guid.Parse(m.Id),
                    names.GetValueOrDefault(new PersonId(m.State!.Who)) ?? TimelinePerson.Forgotten,
                    m.State.State,
                    m.State.BeganAt,
                    m.State.OverAt,
                    m.State.Ways,
                    m.State.Places)),
            ],
            page.Total);
    }

    // Devices whose owner dies stop by themselves; where they are, the next reading tells.
    private async Task InterruptAsync(CancellationToken cancel)
    {
        var left = await ledger.ListRecordsAsync(
            MoveRecord.Kind,
            new RecordQuery { Beamline = options.Beamline, Status = nameof(MoveState.Moving), Limit = 1000 },
            cancel);
        foreach (var move in left.Items)
        {
            await ledger.DecideAsync(
                MoveRecord.Kind,
                move.Id,
                record => new Accepted<IReadOnlyList<MoveEntry>>(record!.State.IsOver
                    ? []
                    : [new MoveOver(MoveState.Interrupted, time.GetUtcNow(), [.. record.Ways.Select(w => new MovePlace(w.Device, null, null))])]),
                Why.BySystem("the program ended while it moved", move.Id),
                null,
                cancel);
        }
    }

    // Whatever was recorded of it before: an answer of the database may have been lost.
    private Task RecordAsync(Move move, MoveOver? over, CancellationToken cancel) => ledger.DecideAsync(
        MoveRecord.Kind,
        move.Id.ToString(),
        record => new Accepted<IReadOnlyList<MoveEntry>>(
        [
            .. record is null ? [move.Began(options.Beamline)] : Array.Empty<MoveEntry>(),
            .. over is not null && record?.State.IsOver != true ? [over] : Array.Empty<MoveEntry>(),
        ]),
        new Why(new PersonId(move.Who), "asked for", move.Id.ToString()),
        null,
        cancel);

    private async Task ThroughOutagesAsync(Func<CancellationToken, Task> work, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                await work(cancel);
                return;
            }
            catch (Exception error) when (IsAway(error) && !cancel.IsCancellationRequested)
            {
                LogWaits(logger, error);
                await Task.Delay(DatabaseOutage.Pause, time, cancel);
            }
        }
    }

    private static bool IsAway(Exception error) =>
        error is OperationCanceledException || (error is NpgsqlException outage && outage.IsOutage());

    [LoggerMessage(Level = LogLevel.Warning, Message = "Move {Move} begins before it is recorded: the database does not answer")]
    private static partial void LogLater(ILogger logger, Exception error, Guid move);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Moves wait in memory to be recorded until the database is back")]
    private static partial void LogWaits(ILogger logger, Exception error);
}
