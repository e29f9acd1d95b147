using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Beamtime.Hdf5;

namespace Beamtime.Control.Recording;

/// <summary>A column of recorded points.</summary>
/// <param name="Device">The device.</param>
/// <param name="Signal">The signal.</param>
/// <param name="Unit">Unit symbol; null for none.</param>
/// <param name="Shape">Values of a point along each dimension; null for a single one.</param>
internal sealed record PointColumn(string Device, string Signal, string? Unit, IReadOnlyList<long>? Shape = null)
{
    /// <summary>Values of a point.</summary>
    [JsonIgnore]
    public long Length => Shape?.Aggregate(1L, (product, axis) => product * axis) ?? 1;
}

/// <summary>A recorded point.</summary>
/// <param name="Id">Its id, from 0.</param>
/// <param name="At">When it was complete, s since 1970; null for a gap.</param>
/// <param name="Values">A value for each column; null for one that did not come.</param>
internal sealed record PointRow(long Id, double? At, IReadOnlyList<JsonNode?> Values);

/// <summary>Some points of a scan, from its file.</summary>
/// <param name="Columns">What each point has.</param>
/// <param name="Points">The points.</param>
/// <param name="Total">Points in the file by now.</param>
internal sealed record PointPage(IReadOnlyList<PointColumn> Columns, IReadOnlyList<PointRow> Points, long Total);

/// <summary>Reads points from the file of a scan, be it running or over: what is flushed, nothing else.</summary>
internal static class PointPages
{
    /// <summary>Points that one page has at most.</summary>
    public const int Most = 1000;

    /// <summary>Values that one page has at most; at least one point is on it.</summary>
    public const int MostValues = 1 << 15;

    /// <summary>A page of points; null where there is no file.</summary>
    /// <param name="folder">Where the files of the scan lie.</param>
    /// <param name="from">The first point's id.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="longest">Signals with more values a point are listed and not read.</param>
    public static PointPage? Read(RecordingFolder folder, long from, int limit, long longest)
    {
        (string Path, H5FileAccess Access)[] files = File.Exists(folder.Final)
            ? [(folder.Final, H5FileAccess.ReadOnly)]
            : [.. folder.FindLive().Select(path => (path, H5FileAccess.SwmrRead))];
        PointPage? page = null;
        foreach (var (path, access) in files)
        {
            using var file = H5File.Open(path, access);
            var left = limit - (page?.Points.Count ?? 0);
            var next = Read(file, from, left, longest);
            // Of a scan that went on in a further file: that one's points count.
            page = page is null
                ? next
                : page with
                {
                    Points = [.. page.Points.ExceptBy(next.Points.Select(p => p.Id), p => p.Id), .. next.Points],
                    Total = Math.Max(page.Total, next.Total),
                };
        }

        return page;
    }

    private static PointPage Read(H5File file, long from, int limit, long longest)
    {
        using var idSet = file.OpenDataset(LiveLayout.Ids);
        var rows = idSet.RowCount;
        if (rows == 0)
        {
            return new PointPage([], [], 0);
        }

        var first = new long[1];
        idSet.ReadSlice([0], [1], first.AsSpan());
        var begin = Math.Clamp(from - first[0], 0, rows);
        var found = ColumnsOf(file).ToArray();
        var columns = Array.ConvertAll(found, c => c.Column);
        var width = Math.Max(1, found.Where(c => c.Column.Length <= longest).Sum(c => c.Weight));
        var count = (int)Math.Min(Math.Min(limit, Math.Max(1, MostValues / width)), rows - begin);
        List<JsonNode?[]> values = [];
        foreach (var column in columns)
        {
            var path = $"{LiveLayout.Devices}/{column.Device}/{column.Signal}";
            using var set = file.OpenDataset($"{path}/value");
            using var timestamps = file.OpenDataset($"{path}/timestamp");
            values.Add(column.Length > longest || set.RowCount < begin + count || timestamps.RowCount < begin + count
                ? new JsonNode?[count]
                : count == 0 ? [] : ReadColumn(set, timestamps, begin, count));
        }

        var ids = new long[count];
        var at = new double[count];
        if (count > 0)
        {
            using var times = file.OpenDataset(LiveLayout.Timestamps);
            idSet.ReadSlice([begin], [count], ids.AsSpan());
            times.ReadSlice([begin], [Math.Min(count, times.RowCount - begin)], at.AsSpan(0, (int)Math.Min(count, times.RowCount - begin)));
        }

        return new PointPage(
            columns,
            [.. ids.Select((id, i) => new PointRow(id, double.IsFinite(at[i]) ? at[i] : null, [.. values.Select(column => column[i])]))],
            first[0] + rows);
    }

    // What stands at each point; a signal that was read once for all is none of them.
    private static IEnumerable<(PointColumn Column, long Weight)> ColumnsOf(H5File file)
    {
        foreach (var (device, signal) in SignalsOf(file))
        {
            using var set = file.OpenDataset($"{LiveLayout.Devices}/{device}/{signal}/value");
            using var timestamps = file.OpenDataset($"{LiveLayout.Devices}/{device}/{signal}/timestamp");
            if (set.Rank > 0 && timestamps.Rank > 0)
            {
                long[] shape = [.. set.Shape.Skip(1)];
                var column = new PointColumn(
                    device, signal, set.Attributes.Contains("units") ? set.Attributes.ReadString("units") : null, shape.Length == 0 ? null : shape);
                // A text is as large as several numbers.
                yield return (column, set.ElementType.Kind == H5ElementKind.String ? 1 + (set.ElementType.Size / 16) : column.Length);
            }
        }
    }

    private static IEnumerable<(string Device, string Signal)> SignalsOf(H5File file)
    {
        if (!file.Exists(LiveLayout.Present))
        {
            yield break;
        }

        using var present = file.OpenDataset(LiveLayout.Present);
        foreach (var device in present.Attributes.ReadStrings("devices"))
        {
            using var group = file.OpenGroup($"{LiveLayout.Devices}/{device}");
            foreach (var signal in group.ReadChildren().Where(c => c.Link == H5LinkKind.Hard && c.Kind == H5ObjectKind.Group))
            {
                yield return (device, signal.Name);
            }
        }
    }

    // A value is missing where its time is.
    private static JsonNode?[] ReadColumn(H5Dataset set, H5Dataset timestamps, long begin, int count)
    {
        var times = new double[count];
        timestamps.ReadSlice([begin], [count], times.AsSpan());
        long[] shape = [.. set.Shape.Skip(1)];
        var length = (int)shape.Aggregate(1L, (product, axis) => product * axis);
        Func<int, JsonNode?> read = set.ElementType switch
        {
            { Kind: H5ElementKind.Float, Size: 8 } => Numbers<double>(n => double.IsFinite(n) ? JsonValue.Create(n) : null),
            { Kind: H5ElementKind.Integer, Size: 8, IsSigned: true } => Numbers<long>(n => JsonValue.Create(n)),
            { Kind: H5ElementKind.Integer, Size: 1, IsSigned: false } => Numbers<byte>(n => JsonValue.Create(n != 0)),
            { Kind: H5ElementKind.String, Size: > 0 } => Texts(),
            _ => static _ => null,
        };
        var column = new JsonNode?[count];
        for (var i = 0; i < count; i++)
        {
            column[i] = double.IsNaN(times[i]) ? null : read(i);
        }

        return column;

        Func<int, JsonNode?> Numbers<T>(Func<T, JsonNode?> one)
            where T : unmanaged
        {
            var block = new T[count * length];
            set.ReadSlice([begin, .. new long[shape.Length]], [count, .. shape], block.AsSpan());
            return i => shape.Length == 0 ? one(block[i]) : new JsonArray([.. block.AsSpan(i * length, length).ToArray().Select(one)]);
        }

        Func<int, JsonNode?> Texts()
        {
            var size = set.ElementType.Size;
            var block = new byte[count * size];
            set.ReadTextRows(begin, block);
            return i => JsonValue.Create(System.Text.Encoding.UTF8.GetString(block.AsSpan(i * size, size).TrimEnd((byte)0)));
        }
    }
}
