using System.Globalization;
using Beamtime.Control.Devices.Asynchronous;
using Beamtime.Control.Scans;
using Beamtime.Hdf5;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Recording;

/// <summary>
/// The files of asynchronous data of a scan on their way into its final file. Small ones are taken in, and so are values
/// that a growing file cannot hold in their form; large ones are linked by their names. A file that is not whole is taken
/// in as far as it goes, and kept.
/// </summary>
internal sealed class AsynchronousParts : IDisposable
{
    private readonly List<Part> _parts = [];
    private readonly List<Reason> _reasons = [];

    private AsynchronousParts()
    {
    }

    /// <summary>What is not as it should be.</summary>
    public IReadOnlyList<Reason> Reasons => _reasons;

    /// <summary>Names of the files that stay beside the final one.</summary>
    public IEnumerable<string> FilesKept => _parts.Where(p => !p.IsTaken).Select(p => p.FileName);

    /// <summary>Bytes that the final file takes in.</summary>
    public long BytesCopied => _parts.Where(p => p.IsCopied).Sum(p => p.Bytes);

    /// <summary>Opens the files of a scan; those of a further staging stand behind the first of their device.</summary>
    /// <param name="folder">Where they lie.</param>
    /// <param name="scan">The scan.</param>
    /// <param name="copiedUpTo">Largest file that is taken in, bytes.</param>
    public static AsynchronousParts Open(RecordingFolder folder, ScanOpened scan, long copiedUpTo)
    {
        var parts = new AsynchronousParts();
        try
        {
            IReadOnlyList<string>? found = null;
            foreach (var (device, planned) in scan.Asynchronous ?? new Dictionary<string, AsynchronousFile>())
            {
                found ??= [.. folder.FindAsynchronous().Select(path => Path.GetFileName(path))];
                var ending = planned.FileName[folder.Prefix.Length..];
                var names = found.Where(name => IsOf(name, folder.Prefix, ending)).ToList();
                if (!names.Contains(planned.FileName))
                {
                    parts._reasons.Add(RecordingErrors.AsynchronousMissing.Because($"{device}: {planned.FileName} does not exist"));
                }

                foreach (var name in names)
                {
                    parts.Add(folder, device, planned.Signals, name, name == planned.FileName, copiedUpTo);
                }
            }

            return parts;
        }
        catch
        {
            parts.Dispose();
            throw;
        }
    }

    /// <summary>Writes <c>devices</c>' asynchronous signals.</summary>
    /// <param name="devices">The group of devices.</param>
    public void Write(H5Group devices)
    {
        foreach (var part in _parts.Where(p => p.File is not null))
        {
            // A later staging has a group of its own beside the device's.
            var name = part.IsFirst ? part.Device : Path.GetFileNameWithoutExtension(part.FileName);
            using var device = devices.Exists(name) ? devices.OpenGroup(name) : devices.CreateGroup(name);
            foreach (var signal in part.Signals.Where(s => part.File!.Exists(AsynchronousLayout.Values(s.Name))))
            {
                using var group = device.CreateGroup(signal.Name);
                if (signal.Name == part.Device)
                {
                    group.Attributes.Write("NX_class", "NXdata");
                    group.Attributes.Write("signal", "value");
                }

                Write(group, part, signal);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var part in _parts)
        {
            part.File?.Dispose();
        }
    }

    private static void Write(H5Group group, Part part, AsynchronousSignal signal)
    {
        var isReshaped = signal.Update == AsynchronousUpdate.Replace || AsynchronousLayout.HasOpenRows(signal);
        if (isReshaped)
        {
            using var values = signal.Element switch
            {
                AsynchronousElement.Float64 => Reshape<double>(),
                AsynchronousElement.Float32 => Reshape<float>(),
                AsynchronousElement.Int8 => Reshape<sbyte>(),
                AsynchronousElement.UInt8 => Reshape<byte>(),
                AsynchronousElement.Int16 => Reshape<short>(),
                AsynchronousElement.UInt16 => Reshape<ushort>(),
                AsynchronousElement.Int32 => Reshape<int>(),
                AsynchronousElement.UInt32 => Reshape<uint>(),
                AsynchronousElement.Int64 => Reshape<long>(),
                _ => Reshape<ulong>(),
            };
            Describe(values, signal);
        }
        else if (part.IsCopied)
        {
            part.File!.Copy(AsynchronousLayout.Values(signal.Name), group, "value");
        }
        else
        {
            group.LinkExternal("value", part.FileName, AsynchronousLayout.Values(signal.Name));
        }

        if (part.IsCopied || isReshaped)
        {
            part.File!.Copy(AsynchronousLayout.Timestamps(signal.Name), group, "timestamp");
        }
        else
        {
            group.LinkExternal("timestamp", part.FileName, AsynchronousLayout.Timestamps(signal.Name));
        }

        H5Dataset Reshape<T>()
            where T : unmanaged => signal.Update == AsynchronousUpdate.Replace
                ? WriteReplaced<T>(group, part.File!, signal)
                : WriteOpenRows<T>(group, part.File!, signal);
    }

    private static H5Dataset WriteReplaced<T>(H5Group group, H5File file, AsynchronousSignal signal)
        where T : unmanaged
    {
        using var shapes = file.OpenDataset(AsynchronousLayout.Shape(signal.Name));
        if (shapes.RowCount == 0)
        {
            return group.CreateEmpty<T>("value", [0]);
        }

        var shape = new long[shapes.Shape[1]];
        shapes.ReadSlice([0, 0], [1, shape.Length], shape.AsSpan());
        using var flat = file.OpenDataset(AsynchronousLayout.Values(signal.Name));
        var values = new T[Math.Min(flat.RowCount, shape.Aggregate(1L, (product, axis) => product * axis))];
        flat.ReadSlice([0], [values.Length], values.AsSpan());
        return signal.MaxShape.Count == 0
            ? group.CreateScalar("value", values.Length > 0 ? values[0] : default)
            : group.CreateArray<T>("value", values, shape);
    }

    private static H5Dataset WriteOpenRows<T>(H5Group group, H5File file, AsynchronousSignal signal)
        where T : unmanaged
    {
        const int RowsAtOnce = 1024;
        using var lengthSet = file.OpenDataset(AsynchronousLayout.Lengths(signal.Name));
        using var flat = file.OpenDataset(AsynchronousLayout.Values(signal.Name));
        var lengths = lengthSet.Read<long>();
        var rows = 0;
        // After a crash a length may be there without all its values.
        for (long end = 0; rows < lengths.Length && (end += lengths[rows]) <= flat.RowCount; rows++)
        {
        }

        var set = group.CreateVariableRows<T>("value", rows);
        long at = 0;
        for (var first = 0; first < rows; first += RowsAtOnce)
        {
            var block = lengths.AsSpan(first, Math.Min(RowsAtOnce, rows - first));
            long count = 0;
            foreach (var length in block)
            {
                count += length;
            }

            var values = new T[count];
            flat.ReadSlice([at], [count], values.AsSpan());
            set.WriteVariableRows<T>(first, values, block);
            at += count;
        }

        return set;
    }

    private static void Describe(H5Dataset values, AsynchronousSignal signal)
    {
        if (signal.Unit is { } unit)
        {
            values.Attributes.Write("units", unit);
        }

        if (signal.Description.Length > 0)
        {
            values.Attributes.Write("description", signal.Description);
        }
    }

    // The name as planned, or with the point from which a later staging began: S00012_57_device_async.h5.
    private static bool IsOf(string name, string prefix, string ending) =>
        name.EndsWith(ending, StringComparison.Ordinal)
        && name[prefix.Length..^ending.Length] is var between
        && (between.Length == 0 || (between[0] == '_' && int.TryParse(between.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out _)));

    private void Add(
        RecordingFolder folder, string device, IReadOnlyList<AsynchronousSignal> signals, string name, bool isFirst, long copiedUpTo)
    {
        var path = Path.Combine(folder.Folder, name);
        var file = TryOpen(path, H5FileAccess.ReadOnly) ?? TryOpen(path, H5FileAccess.SwmrRead);
        if (file is null)
        {
            _parts.Add(new Part(device, name, signals, isFirst, null, IsComplete: false, IsCopied: false, 0));
            _reasons.Add(RecordingErrors.AsynchronousMissing.Because($"{device}: {name} cannot be read"));
            return;
        }

        using var state = file.OpenDataset(AsynchronousLayout.State);
        var isComplete = state.ReadScalar<int>() == AsynchronousLayout.Complete;
        var bytes = new FileInfo(path).Length;
        _parts.Add(new Part(device, name, signals, isFirst, file, isComplete, !isComplete || bytes <= copiedUpTo, bytes));
        if (!isComplete)
        {
            _reasons.Add(RecordingErrors.AsynchronousPartial.Because($"{device}: {name} was not completed"));
        }

        foreach (var signal in signals.Where(s => file.Exists(AsynchronousLayout.Cut(s.Name))))
        {
            using var cut = file.OpenDataset(AsynchronousLayout.Cut(signal.Name));
            if (cut.ReadScalar<long>() is > 0 and var count)
            {
                _reasons.Add(RecordingErrors.AsynchronousPartial.Because($"{device}: {count} values of {signal.Name} did not fit"));
            }
        }
    }

    private static H5File? TryOpen(string path, H5FileAccess access)
    {
        H5File? file = null;
        try
        {
            file = H5File.Open(path, access);
            _ = file.Exists(AsynchronousLayout.State) ? true : throw new Hdf5Exception($"{path} tells no state.");
            return file;
        }
        catch (Hdf5Exception)
        {
            // An answer here, not a failure: it is told with the recording.
            file?.Dispose();
            return null;
        }
    }

    private sealed record Part(
        string Device, string FileName, IReadOnlyList<AsynchronousSignal> Signals, bool IsFirst, H5File? File, bool IsComplete,
        bool IsCopied, long Bytes)
    {
        // Only what is whole in the final file may go.
        public bool IsTaken => IsComplete && IsCopied;
    }
}
