using System.CommandLine;
using Beamtime.Data.Compute;

namespace Beamtime.Cli;

/// <summary>
/// <c>beamtime reconstruct</c> and <c>beamtime compute</c>: work on files, in this process. The program runs them as
/// child processes, away from the one that writes scans.
/// </summary>
internal static class ComputeCommands
{
    private static readonly Argument<string> ReconstructedFile = new("file") { Description = "Master file with a DataExchange section." };
    private static readonly Argument<string> PairFile = new("file") { Description = "Master file of a tomo_pair scan." };
    private static readonly Option<string?> Output = new("--output") { Description = "Folder of the result; by default FILE's name with _rec beside it." };
    private static readonly Option<double?> Center = new("--center") { Description = "Rotation axis, pixels from the first column's centre; found from the data when absent." };
    private static readonly Option<double?> PixelSize = new("--pixel-size") { Description = "Size of a pixel, mm; attenuation is then per mm." };
    private static readonly Option<int?> Threads = new("--threads") { Description = "Threads; by default one per core." };

    /// <summary><c>beamtime reconstruct</c>.</summary>
    public static Command CreateReconstruct() => On(
        new Command("reconstruct", "Reconstruct a tomography scan: a volume and a picture of its middle slice.")
        {
            ReconstructedFile, Output, Center, PixelSize, Threads,
        },
        (arguments, isJson, cancel) => ReconstructionCommand.Run(
            new ReconstructionRequest
            {
                File = Path.GetFullPath(arguments.GetValue(ReconstructedFile)!),
                Folder = arguments.GetValue(Output),
                Centre = arguments.GetValue(Center),
                PixelSizeMm = arguments.GetValue(PixelSize),
                Threads = arguments.GetValue(Threads),
            },
            isJson,
            Console.Out,
            TimeProvider.System,
            cancel));

    /// <summary><c>beamtime compute</c>.</summary>
    public static Command CreateCompute() => new("compute", "Compute something from a file.")
    {
        On(
            new Command("rotation-center", "Find the rotation axis from two opposite projections.") { PairFile },
            (arguments, isJson, cancel) => RotationCentreCommand.Run(
                Path.GetFullPath(arguments.GetValue(PairFile)!), isJson, Console.Out, cancel)),
    };

    private static Command On(Command command, Func<ParseResult, bool, CancellationToken, int> run)
    {
        command.SetAction((arguments, cancel) =>
            Task.FromResult(run(arguments, arguments.GetValue(CommonOptions.Json), cancel)));
        return command;
    }
}
