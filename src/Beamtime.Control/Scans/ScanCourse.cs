using System.Globalization;
using Beamtime.Control.Devices;
using Beamtime.Control.Devices.Asynchronous;
using Beamtime.Core.Ledger;
using Beamtime.Core.Telemetry;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Scans;

/// <summary>
/// The course of one scan: prepare, stage and baseline together, open, pre-scan, core, complete, post-scan; and what
/// follows on every path: put back after a fault, unstage.
/// </summary>
internal sealed class ScanCourse(
    ScanRoom room, ScanRecord record, AdmissibleScan admissible, RunningScan running, bool goesOn, TimeProvider time)
{
    private bool _isStaged;
    private int _stagings;
    private string? _userName;
    private IReadOnlyDictionary<string, AsynchronousFile>? _asynchronous;

    /// <summary>True once the scan was announced to those who record it.</summary>
    public bool IsOpened { get; private set; }

    /// <summary>Runs the scan to its last point.</summary>
    /// <param name="abort">Fires when it shall end early.</param>
    public async Task RunAsync(CancellationToken abort)
    {
        var (scan, devices) = (admissible.Scan, admissible.Devices);
        if (goesOn)
        {
            running.Report("held after a crash");
            await running.WhileHeldAsync(abort);
        }

        running.Report("preparing");
        _isStaged = true;
        using var together = CancellationTokenSource.CreateLinkedTokenSource(abort);
        var staged = StageAsync(together.Token);
        var baseline = ReadAsync(OperationKind.Read, devices.Baseline, together.Token);
        var configuration = ReadAsync(OperationKind.ReadConfiguration, room.Book.Usable, together.Token);
        var prepared = PrepareAsync(together.Token);
        Task[] all = [prepared, staged, baseline, configuration, NameUserAsync(together.Token)];
        await Task.WhenAll(all.Select(part => EndingTogetherAsync(part, together)));
        await room.Documents.PublishAsync(Opened(await staged, await baseline, await configuration), abort);
        IsOpened = true;
        running.Staged(StageAgainAsync);
        await InstructAsync(OperationKind.PreScan, devices.PreScan, abort);
        running.Report("taking points");
        await scan.CoreAsync(running, abort);
        running.Report("completing");
        await InstructAsync(OperationKind.Complete, devices.Completing, abort);
        await scan.PostScanAsync(running, abort);
    }

    /// <summary>After an abort or a fault: stops the scan's devices and lets its code put things back.</summary>
    /// <returns>What failed on the way.</returns>
    public async Task<IReadOnlyList<Reason>> PutBackAsync()
    {
        running.Report("putting back");
        List<Reason> failed = [.. await room.Link.StopAsync(admissible.Devices.Stopped)];
        using var limit = new CancellationTokenSource(room.Options.CleanUpDeadline, time);
        try
        {
            await admissible.Scan.OnExceptionAsync(running, limit.Token).WaitAsync(limit.Token);
        }
        catch (Exception error)
        {
            failed.Add(error is FaultException fault
                ? fault.Reason
                : ScanErrors.Failed.Because($"Putting things back failed: {error.Message}"));
        }

        return failed;
    }

    /// <summary>Releases the devices, on every path.</summary>
    /// <param name="isPatient">Whether to wait for a device server that is away.</param>
    /// <returns>What failed on the way.</returns>
    public async Task<IReadOnlyList<Reason>> UnstageAsync(bool isPatient)
    {
        if (!_isStaged)
        {
            return [];
        }

        running.Report("releasing devices");
        try
        {
            await InstructAsync(OperationKind.Unstage, admissible.Devices.Staged, CancellationToken.None, isPatient);
            return [];
        }
        catch (Exception error)
        {
            return [error is FaultException fault ? fault.Reason : ScanErrors.Failed.Because($"Releasing devices failed: {error.Message}")];
        }
    }

    // Asynchronous, so that what the scan's code throws at once does not leave the parts beside it unwatched.
    private async Task PrepareAsync(CancellationToken abort) => await admissible.Scan.PrepareAsync(running, abort);

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

    // On a device server that was started again: what it staged before is gone with its predecessor.
    private async Task StageAgainAsync(CancellationToken abort)
    {
        await StageAsync(abort);
        await InstructAsync(OperationKind.PreScan, admissible.Devices.PreScan, abort);
    }

    private async Task<IReadOnlyDictionary<string, IReadOnlyList<FrameFile>>> StageAsync(CancellationToken abort)
    {
        var plan = admissible.Plan;
        // What was written is never written over: a further staging names its files otherwise.
        var isFurther = _stagings++ > 0 || goesOn;
        var done = await running.InstructAsync(
            [.. admissible.Devices.Staged.Select(d => new Operation(0, OperationKind.Stage, d.Name))],
            room.Link.Options.StageDeadline,
            abort,
            new ScanSetup(
                running.Id,
                record.Number,
                record.Folder!,
                isFurther ? $"{record.FilePrefix}_{running.PointsTaken}" : record.FilePrefix!,
                plan.ExposureSeconds,
                plan.FramesPerTrigger,
                plan.Points,
                admissible.Arguments.Named));
        if (isFurther && done.Files.Count > 0)
        {
            throw ScanErrors.FramesApart.Fault($"{string.Join(", ", done.Files.Keys)} had to be made ready anew at point {running.PointsTaken}.");
        }

        _asynchronous ??= done.Asynchronous;
        return done.Files;
    }

    private async Task<IReadOnlyDictionary<string, Reading[]>> ReadAsync(
        OperationKind kind, IEnumerable<KnownDevice> devices, CancellationToken abort)
    {
        var done = await running.InstructAsync(
            [.. devices.Where(d => SignalsOf(kind, d).Count > 0).Select(d => new Operation(0, kind, d.Name))],
            room.Link.Options.ReadDeadline,
            abort,
            allowsGaps: true);
        return done.Rows;
    }

    private async Task InstructAsync(
        OperationKind kind, IReadOnlyList<KnownDevice> devices, CancellationToken abort, bool isPatient = true) =>
        await running.InstructAsync(
            [.. devices.Select(d => new Operation(0, kind, d.Name))],
            room.Link.Options.StageDeadline,
            abort,
            isPatient: isPatient);

    private ScanOpened Opened(
        IReadOnlyDictionary<string, IReadOnlyList<FrameFile>> files,
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
            StartedAt = record.StartedAt ?? time.GetUtcNow(),
            PlannedPoints = admissible.Plan.Points,
            FirstPoint = running.PointsTaken,
            Columns = devices.Columns,
            Baseline = [.. baseline.Select(b => new DeviceReadings(b.Key, room.Book[b.Key].ReadSignals, b.Value))],
            Configuration =
                [.. configuration.Select(c => new DeviceReadings(c.Key, room.Book[c.Key].ConfigurationSignals, c.Value))],
            Frames = files.Where(f => f.Value.Count > 0).ToDictionary(f => f.Key, f => f.Value[0]),
            Asynchronous = _asynchronous,
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

        parameters["num_points"] = admissible.Plan.Points.ToString(CultureInfo.InvariantCulture);
        return parameters;
    }

    private static IReadOnlyList<Signal> SignalsOf(OperationKind kind, KnownDevice device) =>
        kind == OperationKind.Read ? device.ReadSignals : device.ConfigurationSignals;
}
