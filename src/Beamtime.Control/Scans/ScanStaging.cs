using Beamtime.Control.Devices;
using Beamtime.Control.Devices.Asynchronous;
using Beamtime.Sdk.Devices;

namespace Beamtime.Control.Scans;

/// <summary>Stages the devices of a scan and releases them: knows which are staged, whatever the scan's code does.</summary>
internal sealed class ScanStaging(
    ScanRoom room, ScanRecord record, AdmissibleScan admissible, RunningScan running, bool goesOn)
{
    private readonly Lock _gate = new();
    private readonly List<string> _staged = [];
    private readonly HashSet<string> _everStaged = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FrameFile> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, AsynchronousFile> _asynchronous = new(StringComparer.Ordinal);

    /// <summary>Files that devices will write, by device.</summary>
    public IReadOnlyDictionary<string, FrameFile> Files
    {
        get
        {
            lock (_gate)
            {
                return new Dictionary<string, FrameFile>(_files, StringComparer.Ordinal);
            }
        }
    }

    /// <summary>Files of asynchronous data that were begun, by device; null for none.</summary>
    public IReadOnlyDictionary<string, AsynchronousFile>? Asynchronous
    {
        get
        {
            lock (_gate)
            {
                return _asynchronous.Count == 0 ? null : new Dictionary<string, AsynchronousFile>(_asynchronous, StringComparer.Ordinal);
            }
        }
    }

    /// <summary>Stages devices.</summary>
    /// <param name="device">One device; null for all that take part.</param>
    /// <param name="cancel">Fires on abort.</param>
    public ValueTask StageAsync(string? device, CancellationToken cancel) => StageAsync(
        device is null ? [.. admissible.Devices.Staged.Select(d => d.Name)] : [admissible.Devices.Owning(device).Name], cancel);

    /// <summary>Releases devices that are staged.</summary>
    /// <param name="device">One device; null for all.</param>
    /// <param name="isPatient">Whether to wait for a device server that is away.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async ValueTask UnstageAsync(string? device, bool isPatient, CancellationToken cancel)
    {
        string[] releasing;
        lock (_gate)
        {
            releasing = [.. _staged.Where(s => device is null || s == device)];
            _staged.RemoveAll(releasing.Contains);
            if (_staged.Count == 0)
            {
                running.Instructions.Released();
            }
        }

        await running.Instructions.AskAsync(
            [.. releasing.Select(d => new Operation(0, OperationKind.Unstage, d))],
            room.Link.Options.StageDeadline,
            cancel,
            isPatient: isPatient);
    }

    /// <summary>On a device server that was started again: what its predecessor had staged is gone with it.</summary>
    /// <param name="cancel">Fires on abort.</param>
    public async Task StageAgainAsync(CancellationToken cancel)
    {
        string[] again;
        lock (_gate)
        {
            again = [.. _staged];
            _staged.Clear();
        }

        await StageAsync(again, cancel);
        await running.PreScanAsync(cancel);
    }

    private async ValueTask StageAsync(string[] devices, CancellationToken cancel)
    {
        bool isFurther;
        lock (_gate)
        {
            // What was written is never written over: a further staging names its files otherwise.
            isFurther = goesOn || devices.Any(_everStaged.Contains);
            _staged.AddRange(devices.Except(_staged));
            _everStaged.UnionWith(devices);
        }

        var plan = admissible.Plan;
        var done = await running.Instructions.AskAsync(
            [.. devices.Select(d => new Operation(0, OperationKind.Stage, d))],
            room.Link.Options.StageDeadline,
            cancel,
            new InstructionDetails
            {
                Setup = new ScanSetup(
                    running.Id,
                    record.Number,
                    record.Folder!,
                    isFurther ? $"{record.FilePrefix}_{running.PointsTaken}" : record.FilePrefix!,
                    plan.ExposureSeconds,
                    plan.FramesPerTrigger,
                    plan.Points,
                    admissible.Arguments.Named),
            });
        if (isFurther && done.Files.Count > 0)
        {
            throw ScanErrors.FramesApart.Fault(
                $"{string.Join(", ", done.Files.Keys)} had to be made ready anew at point {running.PointsTaken}.");
        }

        lock (_gate)
        {
            foreach (var (device, files) in done.Files.Where(f => f.Value.Count > 0))
            {
                _files[device] = files[0];
            }

            foreach (var (device, file) in done.Asynchronous ?? new Dictionary<string, AsynchronousFile>())
            {
                _asynchronous.TryAdd(device, file);
            }
        }
    }
}
