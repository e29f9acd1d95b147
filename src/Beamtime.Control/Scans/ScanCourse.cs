using System.Globalization;
using Beamtime.Control.Devices;
using Beamtime.Core.Ledger;
using Beamtime.Core.Telemetry;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Scans;
using Npgsql;

namespace Beamtime.Control.Scans;

/// <summary>
/// The course of one scan: prepare, stage and baseline together, open, pre-scan, core, complete, post-scan; and what
/// follows on every path: put back after a fault, unstage, close.
/// </summary>
internal sealed class ScanCourse(
    ScanRoom room, ScanRecord record, AdmissibleScan admissible, RunningScan running, bool goesOn, TimeProvider time)
{
    private readonly ScanStaging _staging = new(room, record, admissible, running, goesOn);
    private static readonly TimeSpan RecordLimit = TimeSpan.FromSeconds(2);
    private string? _userName;

    /// <summary>True once the scan was announced to those who record it.</summary>
    public bool IsOpened { get; private set; }

    /// <summary>Runs the scan to its last point.</summary>
    /// <param name="abort">Fires when it shall end early.</param>
    public async Task RunAsync(CancellationToken abort)
    {
        var (scan, devices) = (admissible.Scan, admissible.Devices);
        (running.Staging, running.MostPoints) = (_staging, room.Options.MaximumPoints);
        running.Calls.Record = RecordAsync;
        (running.OpenSteps, running.EachPoint) = (room.Steps, (scan as ModifiedScan)?.EachPoint);
        if (goesOn)
        {
            running.Report("held after a crash");
            await running.WhileHeldAsync(abort);
        }

        running.Report("preparing");
        using var together = CancellationTokenSource.CreateLinkedTokenSource(abort);
        var staged = BesideAsync(scan.StageAsync, together.Token);
        var baseline = ReadAsync(OperationKind.Read, devices.Baseline, together.Token);
        var configuration = ReadAsync(OperationKind.ReadConfiguration, room.Book.Usable, together.Token);
        var prepared = BesideAsync(scan.PrepareAsync, together.Token);
        Task[] all = [prepared, staged, baseline, configuration, NameUserAsync(together.Token)];
        await Task.WhenAll(all.Select(part => EndingTogetherAsync(part, together)));
        if (admissible.Plugin is { } plugin)
        {
            running.Note("scan_plugin", plugin.Text);
        }

        await scan.OpenAsync(running, abort);
        running.Opened();
        await room.Documents.PublishAsync(Opened(_staging.Files, await baseline, await configuration), abort);
        IsOpened = true;
        running.Instructions.Staged(_staging.StageAgainAsync);
        await scan.PreScanAsync(running, abort);
        running.Report("taking points");
        await running.InCoreAsync(() => scan.CoreAsync(running, abort));
        running.Report("completing");
        await running.CompleteAsync(null, abort);
        await scan.PostScanAsync(running, abort);
        await running.SettleStartedAsync(abort);
    }

    // The scan goes on without the database; then its record is silent about the call, and the scan says so.
    private async Task<Reason?> RecordAsync(ScanCalled called)
    {
        using var limit = new CancellationTokenSource(RecordLimit, time);
        try
        {
            await room.Store.ChangeAsync(
                running.Id.ToString(),
                now => new Accepted<IReadOnlyList<ScanEntry>>(now!.State.IsOver ? [] : [called]),
                new Why(new PersonId(record.Who), "called by the scan's code", running.Id.ToString()),
                limit.Token);
            return null;
        }
        catch (Exception error) when (error is OperationCanceledException or NpgsqlException)
        {
            return ScanErrors.CallsUnrecorded.Because($"{called.Device}.{called.Method}: {error.Message}");
        }
    }

    /// <summary>After an abort or a fault: stops the scan's devices and lets its code put things back.</summary>
    /// <returns>What failed on the way.</returns>
    public async Task<IReadOnlyList<Reason>> PutBackAsync()
    {
        running.Report("putting back");
        List<Reason> failed = [.. await room.Link.StopAsync(admissible.Devices.Stopped)];
        await TryAsync(
            "Putting things back",
            cancel => admissible.Scan.OnExceptionAsync(running, cancel),
            failed);
        return failed;
    }

    /// <summary>
    /// Releases the devices, on every path: by the scan's own code where it came to its end, and then whatever is still staged.
    /// </summary>
    /// <param name="isPatient">True where it came to its end; then a device server that is away is waited for.</param>
    /// <returns>What failed on the way, and what the scan warns of.</returns>
    public async Task<IReadOnlyList<Reason>> UnstageAsync(bool isPatient)
    {
        List<Reason> failed = [];
        running.Report("releasing devices");
        if (isPatient)
        {
            await TryAsync("Releasing devices", _ => admissible.Scan.UnstageAsync(running, CancellationToken.None), failed, isLimited: false);
            await TryAsync("Closing", cancel => admissible.Scan.CloseAsync(running, cancel), failed);
        }

        await TryAsync(
            "Releasing devices",
            _ => _staging.UnstageAsync(null, isPatient, CancellationToken.None).AsTask(),
            failed,
            isLimited: false);
        return [.. failed, .. running.Warnings];
    }

    // The scan's own code at the end: whatever it throws is told, and what comes after it goes on.
    private async Task TryAsync(
        string what, Func<CancellationToken, Task> work, List<Reason> failed, bool isLimited = true)
    {
        using var limit = new CancellationTokenSource(isLimited ? room.Options.CleanUpDeadline : Timeout.InfiniteTimeSpan, time);
        try
        {
            await work(limit.Token).WaitAsync(limit.Token);
        }
        catch (Exception error)
        {
            failed.Add(error switch
            {
                FaultException fault => fault.Reason,
                RefusedException refused => refused.Reasons[0],
                _ => ScanErrors.Failed.Because($"{what} failed: {error.Message}"),
            });
        }
    }

    // Asynchronous, so that what the scan's code throws at once does not leave the parts beside it unwatched.
    private async Task BesideAsync(Func<ScanContext, CancellationToken, Task> hook, CancellationToken abort) =>
        await hook(running, abort);

    // A fault of one part ends the others: a premove of minutes is not waited for when a camera cannot be staged.
    private static async Task EndingTogetherAsync(Task part, CancellationTokenSource together)
    {
        try
        {
            await part;
        }
        catch
        {
            await together.CancelAsync();
            throw;
        }
    }

    private async Task<IReadOnlyDictionary<string, Reading[]>> ReadAsync(
        OperationKind kind, IEnumerable<KnownDevice> devices, CancellationToken abort)
    {
        var done = await running.Instructions.AskAsync(
            [.. devices.Where(d => SignalsOf(kind, d).Count > 0).Select(d => new Operation(0, kind, d.Name))],
            room.Link.Options.ReadDeadline,
            abort,
            new InstructionDetails { AllowsGaps = true });
        return done.Rows;
    }

    private ScanOpened Opened(
        IReadOnlyDictionary<string, FrameFile> files,
        IReadOnlyDictionary<string, Reading[]> baseline,
        IReadOnlyDictionary<string, Reading[]> configuration)
    {
        var devices = admissible.Devices;
        return new ScanOpened
        {
            Scan = running.Id,
            Trace = Tracing.Parent,
            Number = record.Number,
            Beamline = record.Beamline,
            ScanName = admissible.Declaration.Name,
            Folder = record.Folder!,
            FilePrefix = record.FilePrefix!,
            FileSuffix = record.FileSuffix,
            Account = record.Request.Account,
            Dataset = record.Dataset,
            Group = record.Group,
            StartedAt = record.StartedAt ?? time.GetUtcNow(),
            PlannedPoints = admissible.Plan.Points,
            FirstPoint = running.PointsTaken,
            Columns = devices.Columns,
            Baseline = [.. baseline.Select(b => new DeviceReadings(b.Key, room.Book[b.Key].ReadSignals, b.Value))],
            Configuration =
                [.. configuration.Select(c => new DeviceReadings(c.Key, room.Book[c.Key].ConfigurationSignals, c.Value))],
            Frames = files,
            Asynchronous = _staging.Asynchronous,
            Motors = admissible.Plan.Motors,
            ReadoutGroups = new Dictionary<string, IReadOnlyList<string>>
            {
                ["monitored"] = [.. devices.Monitored.Select(d => d.Name)],
                ["baseline"] = [.. devices.Baseline.Select(d => d.Name)],
                ["async"] = [.. devices.Staged.Except(devices.Monitored).Select(d => d.Name)],
                ["on_request"] = NamesOf(ReadoutPriority.OnRequest),
                ["continuous"] = NamesOf(ReadoutPriority.Continuous),
            },
            Parameters = Parameters(),
            UserMetadata = record.Request.Metadata,
            Who = record.Who.ToString(),
            UserName = _userName,
            Queue = record.Queue,
            ExposureSeconds = admissible.Plan.ExposureSeconds,
            FramesPerTrigger = admissible.Plan.FramesPerTrigger,
            SettlingSeconds = admissible.Plan.SettlingSeconds,
            Positions = ScanOpened.Flatten(admissible.Plan.Positions, admissible.Plan.Motors.Count),
        };
    }

    private IReadOnlyList<string> NamesOf(ReadoutPriority priority) =>
        [.. room.Book.Usable.Where(d => d.Description.ReadoutPriority == priority).Except(admissible.Devices.Monitored).Select(d => d.Name)];

    private async Task NameUserAsync(CancellationToken abort) => _userName = await room.Recorder.NameOfAsync(new PersonId(record.Who), abort);

    private Dictionary<string, string> Parameters()
    {
        Dictionary<string, string> parameters = new(admissible.Arguments.Named, StringComparer.Ordinal);
        if (record.Request.Args.Count > 0)
        {
            parameters["args"] = string.Join(' ', record.Request.Args);
        }

        foreach (var (name, value) in running.Notes)
        {
            parameters[name] = value;
        }

        parameters["num_points"] = admissible.Plan.Points.ToString(CultureInfo.InvariantCulture);
        return parameters;
    }

    private static IReadOnlyList<Signal> SignalsOf(OperationKind kind, KnownDevice device) =>
        kind == OperationKind.Read ? device.ReadSignals : device.ConfigurationSignals;
}
