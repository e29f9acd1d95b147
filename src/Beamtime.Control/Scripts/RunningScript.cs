using System.Globalization;
using Beamtime.Control.Devices;
using Beamtime.Control.Scans;
using Beamtime.Control.Scans.Moves;
using Beamtime.Core.Ledger;
using Beamtime.Core.Topics;
using Beamtime.Core.Workflows;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Scripts;

namespace Beamtime.Control.Scripts;

/// <summary>What scripts reach: scans, moves and devices, by the desks where people ask for them.</summary>
/// <param name="Scans">Where scans are asked for.</param>
/// <param name="Store">The record of scans.</param>
/// <param name="Recorder">Whether files are closed.</param>
/// <param name="Moves">Where moves are asked for.</param>
/// <param name="Devices">Where devices are set and read.</param>
/// <param name="Options">Settings of scripts.</param>
/// <param name="Beamline">The beamline.</param>
/// <param name="Time">The clock.</param>
internal sealed record ScriptRoom(
    ScanDesk Scans,
    ScanStore Store,
    ScanRecorder Recorder,
    MoveDesk Moves,
    DeviceDesk Devices,
    ScriptOptions Options,
    string Beamline,
    TimeProvider Time);

/// <summary>A server script while it runs: each of its calls is a remembered step of its workflow.</summary>
/// <param name="flow">The workflow.</param>
/// <param name="room">What it reaches.</param>
internal sealed class RunningScript(WorkflowContext<ScriptInput> flow, ScriptRoom room) : ScriptContext
{
    private const int LongestLine = 2000;
    private static readonly TimeSpan ScanLook = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan MoveLook = TimeSpan.FromMilliseconds(100);
    private int _steps;

    /// <inheritdoc/>
    public override Guid Id => flow.Id.Value;

    private PersonId Who => new(flow.Input.Who);

    /// <inheritdoc/>
    public override Task<ScriptScan> ScanAsync(
        string scan, IReadOnlyList<string> args, IReadOnlyDictionary<string, string> parameters, CancellationToken cancel) =>
        flow.EffectAsync(
            new Effect<ScanRequest, ScriptScan>(
                Next($"scan {scan}"),
                new ScanRequest
                {
                    Scan = scan,
                    Args = args,
                    Parameters = parameters,
                    Metadata = new Dictionary<string, string> { ["script_run"] = Id.ToString() },
                },
                ScriptJson.Default.ScanRequest,
                ScriptJson.Default.ScriptScan)
            {
                // The scan has the effect's id: asked for again, it is the same one.
                StartAsync = async (intent, stop) => (await room.Scans.SubmitAsync(intent.Intent, Who, intent.Id, stop)).Id.ToString(),
                LookAsync = LookAsync,
                ReconcileAsync = async (intent, stop) => await room.Store.FindAsync(room.Beamline, intent.Id.ToString(), stop) is { } found
                    ? new FoundOutside(found.Id)
                    : new AbsentOutside(),
                CallOffAsync = CallOffAsync,
            },
            cancel);

    /// <inheritdoc/>
    public override Task MoveAsync(IReadOnlyDictionary<string, double> targets, CancellationToken cancel) => flow.StepAsync(
        Next($"move {string.Join(' ', targets.Keys)}"), stop => ReachAsync(() => MoveOnceAsync(targets, stop)), cancel);

    /// <inheritdoc/>
    public override Task SetAsync(string device, Value target, CancellationToken cancel) => flow.StepAsync(
        Next($"set {device}"),
        stop => ReachAsync(async () =>
        {
            var (name, signal) = DeviceBook.Split(device);
            (await room.Devices.SetAsync(name, signal, target, stop)).OrThrow();
        }),
        cancel);

    /// <inheritdoc/>
    public override async Task<Value> ReadAsync(string device, CancellationToken cancel)
    {
        var read = Value.Missing;
        return await flow.StepAsync(
            Next($"read {device}"),
            async stop =>
            {
                await ReachAsync(async () => read = (await room.Devices.ReadSignalAsync(device, stop)).Value);
                return read;
            },
            ScriptJson.Default.Value,
            cancel);
    }

    /// <inheritdoc/>
    public override Task LogAsync(string line, CancellationToken cancel) => flow.StepAsync(
        Next("log"),
        (transaction, stop) => ScriptStore.SayAsync(
            transaction, Id, line.Length <= LongestLine ? line : line[..LongestLine], room.Options.Lines, stop),
        cancel);

    /// <inheritdoc/>
    public override Task SleepAsync(TimeSpan pause, CancellationToken cancel) => flow.SleepAsync(Next("sleep"), pause, cancel);

    // The code comes by the same calls in the same order at every run: so they have the same names.
    private Step Next(string what) => new(string.Create(CultureInfo.InvariantCulture, $"{++_steps} {what.Replace('/', ' ')}"));

    private async Task<EffectLook<ScriptScan>> LookAsync(string id, CancellationToken cancel)
    {
        if (await room.Store.FindAsync(room.Beamline, id, cancel) is not { State: { } scan })
        {
            return new EffectFailed<ScriptScan>(ScanErrors.Unknown.Because($"There is no scan '{id}'."));
        }

        return scan.State switch
        {
            ScanState.Completed or ScanState.UserCompleted when await room.Recorder.IsRecordedAsync(Guid.Parse(id), cancel) => new EffectEnded<ScriptScan>(
                new ScriptScan(scan.Number, Guid.Parse(id), Path.Combine(scan.Folder!, $"{scan.FilePrefix}_master.h5"), scan.Points)),
            { IsOver: true } over when over is not (ScanState.Completed or ScanState.UserCompleted) => new EffectFailed<ScriptScan>(
                scan.Reasons is [var first, ..] ? first : ScanErrors.Failed.Because($"Scan {scan.Number} is {over}.")),
            _ => new EffectGoesOn<ScriptScan>(ScanLook),
        };
    }

    // One that is over in this moment needs no end.
    private async Task CallOffAsync(string id, CancellationToken cancel)
    {
        try
        {
            await room.Scans.ChangeAsync(ScanCommandKind.Abort, id, Who, "its server script was aborted", cancel);
        }
        catch (RefusedException)
        {
            if (await room.Store.FindAsync(room.Beamline, id, cancel) is { State.State.IsOver: false })
            {
                throw;
            }
        }
    }

    private async Task MoveOnceAsync(IReadOnlyDictionary<string, double> targets, CancellationToken cancel)
    {
        var move = await room.Moves.BeginAsync(new MoveRequest { Targets = targets }, Who, null, cancel);
        try
        {
            while (!move.State.IsOver)
            {
                await Task.Delay(MoveLook, room.Time, cancel);
                move = await room.Moves.ShowAsync(move.Id, cancel);
            }
        }
        catch (OperationCanceledException)
        {
            // Whoever gives the script up does not want its motors to go on.
            await room.Moves.StopAsync(move.Id, Who, CancellationToken.None);
            throw;
        }

        if (move.State != MoveState.Done)
        {
            throw new FaultException(move.Axes.Select(a => a.Reason).OfType<Reason>().First());
        }
    }

    // A scan server that is away comes back; what a device says is final, for nobody has looked at it meanwhile.
    private static async Task ReachAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (FaultException fault) when (fault.Reason.Code != TopicErrors.RoleUnreachable.Code && fault.Reason.Retry != RetryClass.Never)
        {
            throw new FaultException(fault.Reason with { Retry = RetryClass.Never }, fault);
        }
    }
}
