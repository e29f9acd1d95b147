using System.Diagnostics;
using System.Globalization;
using Beamtime.Core.Database;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Bench.Program;

/// <summary>
/// <c>up.ready</c> and <c>up.memory</c>: time until <c>beamtime up</c> on an existing cluster says that it is ready, beside
/// starting PostgreSQL alone on the same cluster; and what the idle program holds in memory, PostgreSQL's beside.
/// </summary>
internal static class ProgramStart
{
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(3);

    /// <summary>The two lines.</summary>
    public static IReadOnlyList<BenchLine> Lines { get; } =
    [
        new("up.ready", "s", 5, BenchSense.Time, async (room, cancel) =>
        {
            await room.CloseAsync();
            var data = room.NewFolder("up");
            await ReadyAsync(data, static (_, _) => Task.CompletedTask, cancel);
            return await Rounds.MeasureAsync(
                () => ReadyAsync(data, static (_, _) => Task.CompletedTask, cancel), () => ServerAsync(data, cancel), rounds: 5);
        }),
        new("up.memory", "MB", 150, BenchSense.Size, async (room, cancel) =>
        {
            await room.CloseAsync();
            double own = 0, server = 0;
            await ReadyAsync(
                room.NewFolder("up"),
                async (program, data) =>
                {
                    await Task.Delay(Settling, BenchRoom.Time, cancel);
                    own = Megabytes(program);
                    server = Descendants(PostmasterFile.TryRead(Path.Combine(data, "postgres"))!.Pid).Sum(Megabytes);
                },
                cancel);
            return new Measured(own, server, Ratio: null);
        }),
    ];

    private static async Task<double> ReadyAsync(string data, Func<int, string, Task> whenReady, CancellationToken cancel)
    {
        var start = Stopwatch.GetTimestamp();
        using var program = Process.Start(
            new ProcessStartInfo(BenchRoom.Executable, ["up", "--site", "demo", "--data", data, "--port", "0", "--json"])
            {
                RedirectStandardOutput = true,
            })!;
        double? seconds = null;
        while (await program.StandardOutput.ReadLineAsync(cancel) is { } line)
        {
            if (line.Contains("\"ready\"", StringComparison.Ordinal))
            {
                seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
                break;
            }
        }

        if (seconds is not null)
        {
            await whenReady(program.Id, data);
        }

        Posix.Signal(program.Id, Posix.SignalTerminate);
        await program.StandardOutput.ReadToEndAsync(cancel);
        await program.WaitForExitAsync(cancel);
        return seconds ?? throw new InvalidOperationException($"beamtime up ended with {program.ExitCode}");
    }

    private static async Task<double> ServerAsync(string data, CancellationToken cancel)
    {
        var options = new DatabaseOptions { DataFolder = data };
        var folder = ClusterFolder.For(options);
        var account = (await ClusterAccount.FindAsync(cancel))!;
        var binaries = await PostgresBinaries.FindAsync(cancel);
        folder.PrepareSocketFolder(account);
        var start = Stopwatch.GetTimestamp();
        var server = await Postmaster.StartAsync(
            account,
            [binaries[0].Postgres, .. ServerSettings.Arguments(folder, options)],
            BenchRoom.Time,
            NullLogger.Instance,
            static () => { });
        while (PostmasterFile.TryRead(folder.Cluster) is not { IsReady: true } file || file.Pid != server.Pid)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), BenchRoom.Time, cancel);
        }

        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        await server.StopAsync(options.StopLimit);
        return seconds;
    }

    private static IEnumerable<int> Descendants(int process) => Directory
        .EnumerateDirectories($"/proc/{process}/task")
        .SelectMany(task => File.ReadAllText(Path.Combine(task, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .SelectMany(child => Descendants(int.Parse(child, CultureInfo.InvariantCulture)))
        .Prepend(process);

    private static double Megabytes(int process) => double.Parse(
        File.ReadLines($"/proc/{process}/smaps_rollup").First(l => l.StartsWith("Pss:", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture) / 1024;
}
