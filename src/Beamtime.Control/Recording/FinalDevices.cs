using System.Buffers;
using Beamtime.Control.Scans;
using Beamtime.Hdf5;
using Beamtime.Sdk.Devices;

namespace Beamtime.Control.Recording;

/// <summary>The readings in the final file: columns over points, baseline and configuration as scalars.</summary>
internal static class FinalDevices
{
    private const int BlockBytes = 1 << 20;

    /// <summary>The devices that have a group in the file.</summary>
    /// <param name="scan">The scan.</param>
    public static HashSet<string> Names(ScanOpened scan) =>
        [.. scan.Columns.Select(c => c.Device), .. scan.Baseline.Select(b => b.Device), .. scan.Asynchronous?.Keys ?? []];

    /// <summary>Writes <c>devices</c>, <c>points</c> and <c>configuration</c>.</summary>
    /// <param name="collection">The collection.</param>
    /// <param name="source">What the file is made from.</param>
    /// <param name="asynchronous">The files of asynchronous data.</param>
    public static void Write(H5Group collection, RecordingSource source, AsynchronousParts asynchronous)
    {
        using (var devices = FinalFile.Group(collection, "devices", "NXcollection"))
        {
            foreach (var columns in source.Scan.Columns)
            {
                WriteColumns(devices, columns, source);
            }

            var monitored = source.Scan.Columns.Select(c => c.Device).ToHashSet(StringComparer.Ordinal);
            foreach (var baseline in source.Scan.Baseline.Where(b => !monitored.Contains(b.Device)))
            {
                WriteReadings(devices, baseline, isData: true);
            }

            asynchronous.Write(devices);
        }

        using (var points = FinalFile.Group(collection, "points", "NXcollection"))
        {
            WritePoints(points, source);
        }

        using var configuration = FinalFile.Group(collection, "configuration", "NXcollection");
        foreach (var readings in source.Scan.Configuration)
        {
            WriteReadings(configuration, readings, isData: false);
        }
    }

    private static void WriteColumns(H5Group devices, DeviceColumns columns, RecordingSource source)
    {
        using var device = devices.CreateGroup(columns.Device);
        foreach (var signal in columns.Signals)
        {
            using var group = device.CreateGroup(signal.Name);
            MarkData(group, columns.Device, signal);
            var path = $"{LiveLayout.Devices}/{columns.Device}/{signal.Name}";
            using (var values = CopyValues(group, signal, source, $"{path}/value"))
            {
                Describe(values, signal);
            }

            Copy<double>(group, "timestamp", source, $"{path}/timestamp", []).Dispose();
        }
    }

    private static void MarkData(H5Group group, string device, Signal signal)
    {
        if (signal.Name == device)
        {
            group.Attributes.Write("NX_class", "NXdata");
            group.Attributes.Write("signal", "value");
        }
    }

    private static void Describe(H5Dataset values, Signal signal)
    {
        if (signal.Unit is { } unit)
        {
            values.Attributes.Write("units", unit);
        }
    }

    private static void WritePoints(H5Group points, RecordingSource source)
    {
        Copy<long>(points, "id", source, LiveLayout.Ids, []).Dispose();
        Copy<double>(points, "timestamp", source, LiveLayout.Timestamps, []).Dispose();
        if (source.Scan.Columns.Count > 0)
        {
            long gaps = 0;
            using var present = Copy<byte>(
                points, "present", source, LiveLayout.Present, [source.Scan.Columns.Count],
                block => gaps += block.Count((byte)0));
            present.Attributes.Write("devices", [.. source.Scan.Columns.Select(c => c.Device)]);
            points.Attributes.Write("gaps", gaps);
        }
    }

    private static H5Dataset CopyValues(H5Group group, Signal signal, RecordingSource source, string path) =>
        signal.Type switch
        {
            SignalType.Integer => Copy<long>(group, "value", source, path, []),
            SignalType.Boolean => Copy<byte>(group, "value", source, path, []),
            SignalType.Text => CopyTexts(group, source, path),
            SignalType.FloatArray => Copy<double>(
                group, "value", source, path, signal.Shape.Count == 0 ? [1] : [.. signal.Shape.Select(a => (long)a)]),
            _ => Copy<double>(group, "value", source, path, []),
        };

    private static H5Dataset Copy<T>(
        H5Group group, string name, RecordingSource source, string path, long[] rowShape, Action<ReadOnlySpan<T>>? see = null)
        where T : unmanaged
    {
        var rowLength = rowShape.Aggregate(1L, (product, axis) => product * axis);
        var set = group.CreateEmpty<T>(name, [source.Rows, .. rowShape]);
        var most = Math.Max(1, BlockBytes / sizeof(double) / rowLength);
        var buffer = ArrayPool<T>.Shared.Rent((int)(Math.Min(most, Math.Max(1, source.Rows)) * rowLength));
        var zeros = new long[rowShape.Length];
        long target = 0;
        foreach (var segment in source.Segments)
        {
            if (segment.Rows == 0)
            {
                continue;
            }

            using var live = segment.File.OpenDataset(path);
            for (long row = 0; row < segment.Rows; row += most)
            {
                var rows = Math.Min(most, segment.Rows - row);
                var block = buffer.AsSpan(0, (int)(rows * rowLength));
                live.ReadSlice([row, .. zeros], [rows, .. rowShape], block);
                set.WriteSlice<T>([target, .. zeros], [rows, .. rowShape], block);
                see?.Invoke(block);
                target += rows;
            }
        }

        ArrayPool<T>.Shared.Return(buffer);
        return set;
    }

    private static H5Dataset CopyTexts(H5Group group, RecordingSource source, string path)
    {
        const int Most = BlockBytes / Signal.MaxTextBytes;
        var set = group.CreateEmptyTexts("value", Signal.MaxTextBytes, source.Rows);
        var buffer = new byte[Math.Min(Most, source.Rows) * Signal.MaxTextBytes];
        long target = 0;
        foreach (var segment in source.Segments)
        {
            using var live = segment.File.OpenDataset(path);
            for (long row = 0; row < segment.Rows; row += Most)
            {
                var rows = Math.Min(Most, segment.Rows - row);
                var block = buffer.AsSpan(0, (int)(rows * Signal.MaxTextBytes));
                live.ReadTextRows(row, block);
                set.WriteTextRows(target, block);
                target += rows;
            }
        }

        return set;
    }

    private static void WriteReadings(H5Group parent, DeviceReadings readings, bool isData)
    {
        using var device = parent.CreateGroup(readings.Device);
        for (var i = 0; i < readings.Signals.Count; i++)
        {
            var signal = readings.Signals[i];
            var reading = i < readings.Readings.Count ? readings.Readings[i] : default;
            using var group = device.CreateGroup(signal.Name);
            if (isData)
            {
                MarkData(group, readings.Device, signal);
            }

            using (var value = WriteValue(group, signal, reading.Value))
            {
                Describe(value, signal);
            }

            group.CreateScalar("timestamp", reading.Value.IsMissing ? double.NaN : SignalColumn.Seconds(reading.Timestamp))
                .Dispose();
        }
    }

    private static H5Dataset WriteValue(H5Group group, Signal signal, Value value) => value.Type switch
    {
        SignalType.Float => group.CreateScalar("value", value.AsDouble()),
        SignalType.Integer => group.CreateScalar("value", value.AsInteger()),
        SignalType.Boolean => group.CreateScalar("value", value.AsBoolean() ? (byte)1 : (byte)0),
        SignalType.Text => group.CreateScalar("value", value.AsText().Replace('\0', ' ')),
        SignalType.FloatArray when signal.Shape.Aggregate(1, (p, a) => p * a) == value.AsArray().Length && signal.Shape.Count > 0 =>
            group.CreateArray("value", value.AsArray(), [.. signal.Shape.Select(a => (long)a)]),
        SignalType.FloatArray => group.CreateArray("value", value.AsArray()),
        _ => signal.Type switch
        {
            SignalType.Integer => group.CreateScalar("value", SignalColumn.MissingInteger),
            SignalType.Boolean => group.CreateScalar("value", SignalColumn.MissingBoolean),
            SignalType.Text => group.CreateScalar("value", ""),
            _ => group.CreateScalar("value", double.NaN),
        },
    };
}
