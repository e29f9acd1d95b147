using System.CommandLine;
using Beamtime.Core.Database;
using Beamtime.Roles;
using Beamtime.Sdk.Errors;

namespace Beamtime.Cli;

/// <summary>
/// <c>beamtime demo</c>: a tomography experiment on simulated hardware from ready beam to registered data, in a folder
/// and on a port of its own, by requests that any client could send.
/// </summary>
internal static class DemoCommand
{
    private const string Marker = "DEMO";
    private static readonly Option<bool> Stay = new("--stay") { Description = "Keep the server running afterwards." };
    private static readonly Option<string?> Data = new("--data")
    {
        Description = "An empty folder for the demo's data; by default one of its own, made anew each time.",
    };

    /// <summary>The command.</summary>
    public static Command Create() => CommandRun.On(
        new Command("demo", "Run a simulated tomography experiment from ready beam to registered data.") { Stay, Data }, RunAsync);

    private static async Task<ExitCode> RunAsync(CommandRun run, CancellationToken cancel)
    {
        var time = TimeProvider.System;
        var began = time.GetTimestamp();
        var folder = run.Arguments.GetValue(Data) is { } given ? Empty(Path.GetFullPath(given)) : Own();
        var launch = HostLaunch.Read(
            "2-bm", null, [$"database.data_folder={folder}", "api.port=0", $"devices.simulation_seed={Seed}"]) with
        {
            ConfigureLogging = logging => logging.ClearProviders().AddFilter(_ => false),
        };
        await using var host = await BeamtimeHost.StartAsync(launch, cancel);
        using var client = new BeamtimeClient(host.Address);
        var course = new DemoCourse(client, new DemoReport(run, time));
        run.Say($"site 2-bm, simulated hardware, data in {folder}, {host.Address}");
        var result = await course.RunAsync(cancel);
        var seconds = time.GetElapsedTime(began).TotalSeconds;
        var isGood = result.Correlation > DemoCourse.LeastCorrelation;
        var verdict = isGood ? "ok" : "failed";
        var figures = string.Create(
            System.Globalization.CultureInfo.InvariantCulture, $"correlation {result.Correlation:0.00}, {seconds:0} s");
        if (run.Arguments.GetValue(Stay))
        {
            run.Say($"the server stays at {host.Address}; Ctrl-C ends it");
            run.Say($"demo: {verdict}, {figures}, {result.Volume}");
            await host.WaitAsync(cancel);
        }
        else if (run.IsJson)
        {
            CommandRun.PrintJson(new { demo = verdict, correlation = result.Correlation, seconds, volume = result.Volume });
        }
        else
        {
            run.Say($"demo: {verdict}, {figures}, {result.Volume}");
        }

        return isGood ? ExitCode.Done : ExitCode.Failed;
    }

    // The same noise every time, so that the figures can be compared.
    private const int Seed = 2;

    private static string Empty(string folder) => Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()
        ? throw new RefusedException(CliErrors.FolderNotEmpty.Because($"{folder} is not empty"))
        : folder;

    private static string Own()
    {
        var options = new DatabaseOptions();
        var folder = ClusterFolder.For(options).Root + "-demo";
        var marker = Path.Combine(folder, Marker);
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any() && !File.Exists(marker))
        {
            throw new RefusedException(CliErrors.FolderNotEmpty.Because($"{folder} holds something else than a demo"));
        }

        Directory.CreateDirectory(folder);
        using (FolderLock.TryTake(folder, "") ?? throw new RefusedException(
            DatabaseErrors.FolderLocked.Because($"another demo uses {folder}")))
        {
            foreach (var entry in Directory.EnumerateFileSystemEntries(folder))
            {
                if (Directory.Exists(entry))
                {
                    Directory.Delete(entry, recursive: true);
                }
                else if (Path.GetFileName(entry) is not ("LOCK" or Marker))
                {
                    File.Delete(entry);
                }
            }

            File.WriteAllText(marker, "This folder is emptied by each 'beamtime demo'.\n");
        }

        return folder;
    }
}
