using System.Globalization;
using System.Text;
using Beamtime.Hdf5;
using Beamtime.Sdk.Recording;

namespace Beamtime.Control.Recording;

/// <summary>
/// The text format of SPEC, which many programs of beamlines still read: one scan, a column a scalar signal, motors first.
/// Values that did not come are written as <c>NaN</c>.
/// </summary>
internal sealed class SpecFormat : FileFormat
{
    private const int RowsAtOnce = 4096;
    private const string Info = "/entry/collection/metadata/bec";

    /// <inheritdoc/>
    public override string Name => "spec";

    /// <inheritdoc/>
    public override string Extension => "dat";

    /// <inheritdoc/>
    public override bool AppliesTo(RecordedScan scan) => true;

    /// <inheritdoc/>
    public override void Write(string path, string master, RecordedScan scan)
    {
        using var file = H5File.Open(master);
        using var text = new StreamWriter(path, append: false, new UTF8Encoding(false)) { NewLine = "\n" };
        var start = DateTimeOffset.Parse(TextOf(file, "/entry/start_time"), CultureInfo.InvariantCulture);
        using var numberSet = file.OpenDataset($"{Info}/scan_number");
        var number = numberSet.ReadScalar<long>();
        var columns = ColumnsOf(file);
        text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"#F S{number:D5}_{Name}.{Extension}"));
        text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"#E {start.ToUnixTimeSeconds()}"));
        text.WriteLine($"#D {Date(start)}");
        text.WriteLine();
        text.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"#S {number} {scan.Name} {OneLine(scan.Parameters.GetValueOrDefault("args", ""))}").TrimEnd());
        text.WriteLine($"#D {Date(start)}");
        foreach (var (key, value) in scan.Parameters.Where(p => p.Key != "args"))
        {
            text.WriteLine($"#C {key} = {OneLine(value)}");
        }

        text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"#N {columns.Count}"));
        text.WriteLine($"#L {string.Join("  ", columns.Select(c => c.Label))}");
        for (long row = 0; row < scan.Points; row += RowsAtOnce)
        {
            var count = (int)Math.Min(RowsAtOnce, scan.Points - row);
            var blocks = columns.ConvertAll(c => c.Read(file, row, count));
            for (var i = 0; i < count; i++)
            {
                text.WriteLine(string.Join(' ', blocks.Select(b => b[i])));
            }
        }
    }

    private static List<Column> ColumnsOf(H5File file)
    {
        using var present = file.Exists(LiveLayout.Present) ? file.OpenDataset(LiveLayout.Present) : null;
        using var motors = file.OpenDataset($"{Info}/scan_report_devices");
        var first = motors.ElementType.Kind == H5ElementKind.String ? motors.ReadStrings() : [];
        List<Column> columns = [];
        foreach (var device in (present?.Attributes.ReadStrings("devices") ?? []).OrderBy(d => !first.Contains(d)))
        {
            using var group = file.OpenGroup($"{LiveLayout.Devices}/{device}");
            foreach (var signal in group.ReadChildren().Where(c => c.Link == H5LinkKind.Hard && c.Kind == H5ObjectKind.Group))
            {
                var path = $"{LiveLayout.Devices}/{device}/{signal.Name}/value";
                using var set = file.OpenDataset(path);
                if (set.Rank == 1 && set.ElementType is { Kind: H5ElementKind.Float, Size: 8 } or { Kind: H5ElementKind.Integer })
                {
                    var label = signal.Name == device || signal.Name.StartsWith($"{device}_", StringComparison.Ordinal)
                        ? signal.Name
                        : $"{device}_{signal.Name}";
                    columns.Add(new Column(label, path, set.ElementType));
                }
            }
        }

        return columns;
    }

    private static string TextOf(H5File file, string path)
    {
        using var set = file.OpenDataset(path);
        return set.ReadString();
    }

    private static string Date(DateTimeOffset at) =>
        at.UtcDateTime.ToString("ddd MMM dd HH:mm:ss yyyy", CultureInfo.InvariantCulture);

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");

    private sealed record Column(string Label, string Path, H5ElementType Type)
    {
        public string[] Read(H5File file, long row, int count)
        {
            using var set = file.OpenDataset(Path);
            return Type switch
            {
                { Kind: H5ElementKind.Float } => Array.ConvertAll(
                    Block<double>(), value => double.IsNaN(value) ? "NaN" : value.ToString("R", CultureInfo.InvariantCulture)),
                { Size: 1 } => Array.ConvertAll(
                    Block<byte>(), value => value == SignalColumn.MissingBoolean ? "NaN" : value.ToString(CultureInfo.InvariantCulture)),
                _ => Array.ConvertAll(
                    Block<long>(), value => value == SignalColumn.MissingInteger ? "NaN" : value.ToString(CultureInfo.InvariantCulture)),
            };

            T[] Block<T>()
                where T : unmanaged
            {
                var block = new T[count];
                set.ReadSlice([row], [count], block.AsSpan());
                return block;
            }
        }
    }
}
