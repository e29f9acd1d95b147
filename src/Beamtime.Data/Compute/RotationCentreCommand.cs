using Beamtime.Sdk.Compute;
using Beamtime.Sdk.Errors;

namespace Beamtime.Data.Compute;

/// <summary>The verb <c>compute rotation-center FILE [--child]</c>.</summary>
internal static class RotationCentreCommand
{
    /// <summary>Finds the rotation axis and prints it.</summary>
    /// <param name="file">The master file of a scan with a pair of projections half a turn apart.</param>
    /// <param name="writer">Where to print.</param>
    /// <param name="cancel">Stops between two frames.</param>
    /// <returns>One of <see cref="ComputeExit"/>.</returns>
    public static int Run(string file, TextWriter writer, CancellationToken cancel) =>
        new ComputeOutput(writer).Run(
            () => Find(file, cancel),
            ComputeLineJson.Default.RotationCentreOutcome);

    /// <summary>Finds the rotation axis, or says all that is wrong with the file.</summary>
    /// <param name="file">The master file.</param>
    /// <param name="cancel">Stops between two frames.</param>
    public static Outcome<RotationCentreOutcome> Find(string file, CancellationToken cancel)
    {
        switch (DataExchangeScan.Open(file))
        {
            case Refused<DataExchangeScan> refused:
                return new Refused<RotationCentreOutcome>(refused.Reasons);
            case Accepted<DataExchangeScan> { Value: var scan }:
                using (scan)
                {
                    var flatField = FlatField.Of(scan.Darks, scan.Flats, cancel);
                    return AxisSearch.Find(scan.Projections, flatField, scan.Degrees, scan.IsPresent, cancel) is { } axis
                        ? new Accepted<RotationCentreOutcome>(new RotationCentreOutcome(axis.Column, scan.Projections.Columns))
                        : new Refused<RotationCentreOutcome>([ReconstructionErrors.CentreUnknown.Because(
                            $"No pair of projections half a turn apart in '{file}' shows the sample mirrored.")]);
                }

            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }
}
