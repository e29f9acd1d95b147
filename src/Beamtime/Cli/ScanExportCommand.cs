using System.CommandLine;
using Beamtime.Sdk.Errors;

namespace Beamtime.Cli;

/// <summary>What was exported.</summary>
/// <param name="File">The file.</param>
/// <param name="Points">Points in it.</param>
internal sealed record ExportedPoints(string File, long Points);

/// <summary><c>beamtime scan export</c>: the points of a scan as a table for other programs.</summary>
internal static class ScanExportCommand
{
    private static readonly Argument<string> Scan = new("scan") { Description = "Number or id of a scan, running or over." };
    private static readonly Option<string> Csv = new("--csv")
    {
        Description = "File of comma-separated values to write, - for the standard output.", Required = true,
    };

    private static readonly Option<bool> NoComments = new("--no-comments") { Description = "Leave out the lines with # before the head." };
    private static readonly Option<bool> Force = new("--force") { Description = "Write over a file that is there." };

    /// <summary>The command.</summary>
    public static Command Create() => CommandRun.OnServer(
        new Command("export", "Write the points of a scan as comma-separated values: a row a point, a column a signal with its unit.")
        {
            Scan, Csv, NoComments, Force,
        },
        RunAsync);

    private static async Task<ExitCode> RunAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var target = run.Arguments.GetValue(Csv)!;
        var path = $"scan-points/{BeamtimeClient.Part(run.Arguments.GetValue(Scan)!)}/csv?comments={(run.Arguments.GetValue(NoComments) ? "false" : "true")}";
        if (target == "-")
        {
            await using var output = Console.OpenStandardOutput();
            await WriteAsync(client, path, output, cancel);
            return ExitCode.Done;
        }

        if (File.Exists(target) && !run.Arguments.GetValue(Force))
        {
            throw new RefusedException(CliErrors.FileExists.Because($"{target} exists; --force writes over it"));
        }

        // It has its name once it is whole.
        var partial = target + ".partial";
        long points;
        try
        {
            await using var file = new FileStream(partial, FileMode.Create, FileAccess.Write, FileShare.None);
            points = await WriteAsync(client, path, file, cancel);
            file.Flush(flushToDisk: true);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }

        File.Move(partial, target, overwrite: true);
        return run.Print(new ExportedPoints(target, points), _ => run.Say($"{points} points are in {target}"));
    }

    private static async Task<long> WriteAsync(BeamtimeClient client, string path, Stream output, CancellationToken cancel)
    {
        var (isHead, isQuoted) = (true, false);
        var points = 0L;
        await client.ReadLinesAsync(
            HttpMethod.Get,
            path,
            async line =>
            {
                // A text in quotes may go over several lines.
                var isWithin = isQuoted;
                isQuoted ^= line.Span.Count((byte)'"') % 2 != 0;
                if (!isWithin && (line.Span[0] != (byte)'#' || !isHead))
                {
                    points += isHead ? 0 : 1;
                    isHead = false;
                }

                await output.WriteAsync(line, cancel);
            },
            cancel);
        return points;
    }
}
