// round_fly: a flyer goes through concentric rings by itself and gives a reading at each place.
//
//   plan       rings k = 1..n from the inner to the outer radius, first * k places on the k-th
//   core       kick off the flyer with the places; what it gives becomes points by index
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Scans;

namespace Beamtime.Control.Scans.Library;

/// <summary>A flight of one flyer over concentric rings.</summary>
internal sealed class RoundFlyScan(ScanArguments arguments) : Scan
{
    private const int MostPlaces = 1_000_000;

    /// <summary>Name, text and parameters.</summary>
    public static readonly ScanDeclaration Declaration = new()
    {
        Name = "round_fly",
        Aliases = ["round_scan_fly"],
        Description = "Has a flyer go through concentric rings by itself; its readings make the points.",
        Bundle =
        [
            new() { Name = "flyer", Type = ParameterType.Device, Example = "flyer_sim", Description = "The flyer." },
            new() { Name = "inner_radius", Type = ParameterType.Number, Low = 0, Example = "1", Description = "Radius of the innermost ring, in the flyer's unit." },
            new() { Name = "outer_radius", Type = ParameterType.Number, Low = 0, Example = "5", Description = "Radius of the outermost ring, in the flyer's unit." },
            new() { Name = "rings", Type = ParameterType.Integer, Low = 1, High = 10_000, Example = "3", Description = "How many rings." },
            new() { Name = "first", Type = ParameterType.Integer, Low = 1, High = 10_000, Example = "4", Description = "Places on the first ring; the k-th has k times as many." },
        ],
        Bundles = (1, 1),
        Parameters = MotionParameters.Acquisition,
        Create = arguments => new RoundFlyScan(arguments),
    };

    private readonly string _flyer = arguments.Bundles[0][0];
    private double[][] _places = [];

    /// <inheritdoc/>
    public override ScanPlan Plan(Func<string, double> position)
    {
        var (inner, outer) = (arguments.Number(0, 1), arguments.Number(0, 2));
        var (rings, first) = ((int)arguments.Number(0, 3), (int)arguments.Number(0, 4));
        List<Reason> reasons = [];
        if (outer < inner)
        {
            reasons.Add(ScanErrors.InvalidParameter.Because($"outer_radius is {outer}, less than inner_radius, which is {inner}."));
        }

        if ((long)first * rings * (rings + 1) / 2 > MostPlaces)
        {
            reasons.Add(ScanErrors.NoPoints.Because($"{rings} rings with {first} places on the first make more than {MostPlaces} points."));
        }

        if (reasons.Count > 0)
        {
            throw new RefusedException(reasons);
        }

        _places = [.. Enumerable.Range(1, rings).SelectMany(k => Ring(rings == 1 ? outer : inner + ((k - 1) * (outer - inner) / (rings - 1)), first * k))];
        return MotionParameters.Applied(arguments, new ScanPlan { Monitored = [_flyer], Points = _places.Length });
    }

    /// <inheritdoc/>
    public override async Task CoreAsync(ScanContext scan, CancellationToken cancel) => await scan.FlyAsync(
        new Flight
        {
            Leader = _flyer,
            Parameters = new FlightParameters
            {
                Points = _places.Length,
                Axes = ["x", "y"],
                Positions = _places,
                ExposureSeconds = scan.Plan.ExposureSeconds,
                FramesPerTrigger = scan.Plan.FramesPerTrigger,
            },
        },
        cancel);

    private static IEnumerable<double[]> Ring(double radius, int places) => Enumerable.Range(0, places)
        .Select(j => 2 * Math.PI * j / places)
        .Select(angle => new[] { radius * Math.Sin(angle), radius * Math.Cos(angle) });
}
