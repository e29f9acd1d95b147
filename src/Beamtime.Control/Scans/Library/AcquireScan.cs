// acquire: one place, no motion.
//
//   core       trigger, expose, read; as often as burst says
//
using Beamtime.Sdk.Scans;

namespace Beamtime.Control.Scans.Library;

/// <summary>Reads where everything stands.</summary>
internal sealed class AcquireScan(ScanArguments arguments) : Scan
{
    /// <summary>Name, text and parameters.</summary>
    public static readonly ScanDeclaration Declaration = new()
    {
        Name = "acquire",
        Description = "Triggers and reads where everything stands; with burst, as often.",
        Parameters = AcquisitionParameters.All,
        Create = arguments => new AcquireScan(arguments),
    };

    /// <inheritdoc/>
    public override ScanPlan Plan(Func<string, double> position) =>
        AcquisitionParameters.Applied(arguments, new ScanPlan { Points = AcquisitionParameters.Burst(arguments) });

    /// <inheritdoc/>
    public override async Task CoreAsync(ScanContext scan, CancellationToken cancel)
    {
        for (var i = scan.PointsTaken; i < scan.Plan.Points; i++)
        {
            await scan.TakePointAsync(default, default, cancel);
        }
    }
}
