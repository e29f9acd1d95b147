// time: one place, a point at each interval.
//
//   core       point k begins k intervals after the first: the time that readings take does not add up. A point that
//              cannot begin in time begins at once, and those after it keep the interval from there.
//
using Beamtime.Sdk.Scans;

namespace Beamtime.Control.Scans.Library;

/// <summary>Reads at equal intervals where everything stands.</summary>
internal sealed class TimeScan(ScanArguments arguments) : Scan
{
    /// <summary>Name, text and parameters.</summary>
    public static readonly ScanDeclaration Declaration = new()
    {
        Name = "time",
        Aliases = ["time_scan"],
        Description = "Triggers and reads at equal intervals where everything stands.",
        Bundle =
        [
            AxisParameters.Count("points", "Points.", "100"),
            new()
            {
                Name = "interval", Type = ParameterType.Number, Unit = "s", Low = 0, High = 86400 * 365.0, Example = "1",
                Description = "From the beginning of a point to that of the next; no shorter than a point takes.",
            },
        ],
        Bundles = (1, 1),
        Parameters = AcquisitionParameters.All,
        Create = arguments => new TimeScan(arguments),
    };

    private readonly int _burst = AcquisitionParameters.Burst(arguments);

    /// <inheritdoc/>
    public override ScanPlan Plan(Func<string, double> position) => AcquisitionParameters.Applied(
        arguments, new ScanPlan { Points = (int)Math.Min((long)arguments.Integer(0, 0) * _burst, int.MaxValue) });

    /// <inheritdoc/>
    public override async Task CoreAsync(ScanContext scan, CancellationToken cancel)
    {
        var interval = TimeSpan.FromSeconds(arguments.Number(0, 1));
        var first = scan.PointsTaken;
        var due = scan.Time.GetTimestamp();
        var ticks = interval.TotalSeconds * scan.Time.TimestampFrequency;
        for (var i = first; i < scan.Plan.Points; i++)
        {
            if (i % _burst == 0 && i > first)
            {
                due += (long)ticks;
                var left = scan.Time.GetElapsedTime(scan.Time.GetTimestamp(), due);
                if (left > TimeSpan.Zero)
                {
                    await scan.WaitAsync(left, cancel);
                }
                else
                {
                    due = scan.Time.GetTimestamp();
                }
            }

            await scan.TakePointAsync(default, default, cancel);
        }
    }
}
