using System.Globalization;
using System.Text;
using System.Text.Json;
using Beamtime.Bench.Files;
using Beamtime.Bench.Program;
using Beamtime.Bench.Records;
using Beamtime.Bench.Scans;

namespace Beamtime.Bench;

/// <summary>Runs the lines that were asked for and prints the table.</summary>
internal static class BenchRun
{
    private static readonly CompositeFormat Form = CompositeFormat.Parse("{0,-16} {1,12} {2,-12} {3,12} {4,8} {5,8}  {6}");

    /// <summary>Every line, in the order of the table; lines that share something stand together.</summary>
    public static IReadOnlyList<BenchLine> Lines { get; } =
    [
        .. StepScan.Lines, ApartStepScan.Line, .. RequestToFile.Lines, FrameAppend.Plain, FrameAppend.Compressed, LedgerAppend.Line, JobClaim.Line, TopicProcess.Line,
        TopicRedis.Line, SpoolAppend.Line,
        CopyChecksum.Line, .. ProgramStart.Lines,
    ];

    /// <summary>Runs.</summary>
    /// <param name="args">Names of lines, or how they begin; none for all.</param>
    /// <param name="jsonFile">Where to write a line of JSON a figure; null for nowhere.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args, string? jsonFile, CancellationToken cancel)
    {
        if (args.FirstOrDefault(a => !Lines.Any(l => Matches(l, a))) is { } unknown)
        {
            await Console.Error.WriteLineAsync(
                $"No line begins with '{unknown}'. There are {string.Join(", ", Lines.Select(l => l.Name))}.");
            return 2;
        }

        await using var json = jsonFile is null ? null : new StreamWriter(jsonFile);
        await using var room = new BenchRoom();
        Print("line", "value", "unit", "beside", "ratio", "bar", "");
        foreach (var line in Lines.Where(l => args.Length == 0 || args.Any(a => Matches(l, a))))
        {
            var measured = await line.MeasureAsync(room, cancel);
            Print(line, measured);
            if (json is not null)
            {
                await json.WriteLineAsync(JsonSerializer.Serialize(
                    new { name = line.Name, value = measured.Value, unit = line.Unit, beside = measured.Beside, ratio = measured.Ratio })
                    .AsMemory(), cancel);
                await json.FlushAsync(cancel);
            }
        }

        return 0;
    }

    private static bool Matches(BenchLine line, string asked) => line.Name.StartsWith(asked, StringComparison.Ordinal);

    private static void Print(BenchLine line, Measured measured)
    {
        var compared = line.Sense == BenchSense.Size ? measured.Value : measured.Ratio;
        var isReached = line.Sense == BenchSense.Rate ? compared >= line.Bar : compared <= line.Bar;
        Print(
            line.Name,
            Number(measured.Value),
            line.Unit,
            Number(measured.Beside),
            measured.Ratio is { } ratio ? ratio.ToString("0.00", CultureInfo.InvariantCulture) : "",
            (line.Sense == BenchSense.Rate ? "≥ " : "≤ ") + line.Bar?.ToString("0.##", CultureInfo.InvariantCulture),
            isReached ? "" : "not reached");
    }

    private static void Print(params object[] cells) =>
        Console.WriteLine(string.Format(CultureInfo.InvariantCulture, Form, cells).TrimEnd());

    private static string Number(double figure) => figure.ToString(
        Math.Abs(figure) >= 100 ? "#,0" : "0.##", CultureInfo.InvariantCulture);
}
