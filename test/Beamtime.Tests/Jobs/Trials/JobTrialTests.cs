using Beamtime.Core.Database;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Jobs.Trials;

/// <summary>
/// Random crashes, lease expiries, clock steps, killed connections and restarts of the server: none lost, none accepted
/// twice, order kept where it is promised, no cap exceeded.
/// </summary>
public sealed class JobTrialTests
{
    private const int Parallel = 48;
    private const int Databases = 3;

    // A killed connection takes its whole pool along: a small one makes the trials cheap.
    private const int Pool = 6;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Category", "Slow")]
    public Task Two_thousand_trials_lose_no_job_and_accept_none_twice() => TryAsync(2000);

    [Fact]
    [Trait("Category", "Trials")]
    public Task A_hundred_thousand_trials_lose_no_job_and_accept_none_twice() => TryAsync(100_000);

    [Fact]
    [Trait("Category", "Slow")]
    public async Task Restarts_of_the_server_lose_no_job_and_accept_none_twice()
    {
        using var folder = TemporaryFolder.Create("trials");
        // With its write-ahead log synced: without, a kill may lose what was committed.
        var database = await TestDatabase.CreateClusterAsync(
            new DatabaseOptions { DataFolder = folder["data"], MaximumConnections = 100, PoolSize = 16 }, Cancel);
        await using var ground = await TrialGround.CreateAsync(database, 1, canStep: false, Cancel);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var restarts = RestartAsync(database, stop.Token);
        var figures = await TrialRunner.RunAsync("jobs over restarts", 30, 10, trial => JobTrial.RunAsync(trial, ground), Cancel);
        await stop.CancelAsync();
        Assert.True(await restarts > 0);
        Assert.Equal(30, figures.Count);
    }

    private static async Task TryAsync(int count)
    {
        await using var grounds = new TrialGrounds(count, Databases, Pool, Cancel);
        await TrialRunner.RunAsync("jobs", count, Parallel, grounds.RunAsync, Cancel);
        foreach (var (what, times) in grounds.Befell)
        {
            await Console.Out.WriteLineAsync($"  {what} {times}");
        }
    }

    // Killed, as by a loss of power; the program starts it again.
    private static async Task<int> RestartAsync(BeamtimeDatabase database, CancellationToken cancel)
    {
        var restarts = 0;
        try
        {
            while (true)
            {
                await Task.Delay(TimeSpan.FromSeconds(0.5), TimeProvider.System, cancel);
                var file = PostmasterFile.TryRead(database.Cluster!.Folder.Cluster);
                if (file is { IsReady: true } && System.Diagnostics.Process.GetProcesses().FirstOrDefault(p => p.Id == file.Pid) is { } postmaster)
                {
                    postmaster.Kill();
                    restarts++;
                }

                await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, cancel);
            }
        }
        catch (OperationCanceledException)
        {
            return restarts;
        }
    }
}
