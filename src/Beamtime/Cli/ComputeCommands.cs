using System.CommandLine;
using System.Globalization;
using Beamtime.Data.Compute;
using Beamtime.Sdk.Errors;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary>
/// <c>beamtime reconstruct</c> and <c>beamtime compute</c>: work on files, without a server. The work is done in a child
/// process, as the server does it: a damaged file that brings libhdf5 down ends as an error with a remedy.
/// </summary>
internal static class ComputeCommands
{
    private const int MostThreads = 1024;
    private static readonly Argument<string> ReconstructedFile = new("file") { Description = "Master file with a DataExchange section." };
    private static readonly Argument<string> PairFile = new("file") { Description = "Master file of a tomo_pair scan." };
    private static readonly Option<string?> Output = new("--output") { Description = "Folder of the result; by default FILE's name with _rec beside it." };
    private static readonly Option<double?> Center = new("--center") { Description = "Rotation axis, pixels from the first column's centre; found from the data when absent." };
    private static readonly Option<double?> PixelSize = new("--pixel-size") { Description = "Size of a pixel, mm; attenuation is then per mm." };
    private static readonly Option<int?> Threads = new("--threads") { Description = "Threads; by default one per core." };

    // Given by the parent process alone: work here and speak JSON lines.
    private static readonly Option<bool> Child = new("--child") { Hidden = true };

    /// <summary><c>beamtime reconstruct</c>.</summary>
    public static Command CreateReconstruct() => CommandRun.On(
        new Command("reconstruct", "Reconstruct a tomography scan: a volume and a picture of its middle slice.")
        {
            ReconstructedFile, Output, Center, PixelSize, Threads, Child,
        },
        ReconstructAsync);

    /// <summary><c>beamtime compute</c>.</summary>
    public static Command CreateCompute() => new("compute", "Compute something from a file.")
    {
        CommandRun.On(
            new Command("rotation-center", "Find the rotation axis from two opposite projections.") { PairFile, Child },
            FindCentreAsync),
    };

    private static async Task<ExitCode> ReconstructAsync(CommandRun run, CancellationToken cancel)
    {
        var request = new ReconstructionRequest
        {
            File = Path.GetFullPath(run.Arguments.GetValue(ReconstructedFile)!),
            Folder = run.Arguments.GetValue(Output) is { } output ? Path.GetFullPath(output) : null,
            Centre = run.Arguments.GetValue(Center),
            PixelSizeMm = run.Arguments.GetValue(PixelSize),
            Threads = run.Arguments.GetValue(Threads),
        };
        if (request.PixelSizeMm is <= 0 || request.Threads is < 1 or > MostThreads)
        {
            throw new RefusedException(CliErrors.Argument.Because(
                $"--pixel-size must be more than 0 and --threads 1 to {MostThreads}."));
        }

        if (run.Arguments.GetValue(Child))
        {
            return (ExitCode)ReconstructionCommand.Run(request, Console.Out, TimeProvider.System, cancel);
        }

        using var process = new ComputeProcess(new ComputeOptions { Niceness = 0 });
        var reconstruction = new ReconstructionProcess(process);
        var result = run.IsTerminal
            ? await WithBarAsync(run, progress => reconstruction.RunAsync(request, progress, cancel))
            : await reconstruction.RunAsync(request, null, cancel);
        return run.Print(result, _ =>
        {
            run.Say(string.Create(
                CultureInfo.InvariantCulture,
                $"{result.Slices} slices of {result.Size} x {result.Size} from {result.Projections} projections, "
                + $"axis at {result.Centre:0.00} px ({result.CentreOrigin}), {result.Elapsed.TotalSeconds:0.0} s"));
            run.Say(result.VolumeFile);
            run.Say(result.PictureFile);
        });
    }

    private static async Task<ExitCode> FindCentreAsync(CommandRun run, CancellationToken cancel)
    {
        var file = Path.GetFullPath(run.Arguments.GetValue(PairFile)!);
        if (run.Arguments.GetValue(Child))
        {
            return (ExitCode)RotationCentreCommand.Run(file, Console.Out, cancel);
        }

        using var process = new ComputeProcess(new ComputeOptions { Niceness = 0 });
        var found = await process.RunAsync(
            ["compute", "rotation-center", file], ComputeLineJson.Default.RotationCentreOutcome, null, cancel);
        return run.Print(found, _ => run.Say(string.Create(
            CultureInfo.InvariantCulture, $"centre {found.CentrePixels:0.00} px of {found.Columns} columns")));
    }

    private static Task<ReconstructionResult> WithBarAsync(
        CommandRun run, Func<IProgress<ReconstructionProgress>, Task<ReconstructionResult>> work) =>
        run.Console.Progress().StartAsync(bars =>
        {
            var bar = bars.AddTask("slices");
            return work(new Progress<ReconstructionProgress>(p =>
            {
                bar.MaxValue = p.Of;
                bar.Value = p.Slices;
            }));
        });
}
