using Beamtime.Cli;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Roles;

/// <summary>Exports to a file and rebuilds, as the command line asks for them.</summary>
public sealed class LedgerRestTests(RunningHost host) : IClassFixture<RunningHost>
{
    private static readonly ExportQuestion Scans = new("scan", null, null, null, null);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_export_that_was_cut_off_goes_on_where_it_ended()
    {
        await ScanAsync();
        using var folder = TemporaryFolder.Create("export");
        using var client = new BeamtimeClient(host.Host.Address);
        var whole = await new ExportFile(folder["whole.jsonl"], Scans).WriteAsync(client, Cancel);
        Assert.True(whole.Entries >= 3);
        var lines = await File.ReadAllLinesAsync(folder["whole.jsonl"], Cancel);

        // Two lines and a half came before the power went.
        await File.WriteAllTextAsync(folder["cut.jsonl.partial"], $"{lines[0]}\n{lines[1]}\n{lines[2][..20]}", Cancel);
        var resumed = await new ExportFile(folder["cut.jsonl"], Scans).WriteAsync(client, Cancel);

        Assert.Equal((whole.Entries, 1, whole.Last), (resumed.Entries, resumed.Resumed, resumed.Last));
        Assert.Equal(lines, await File.ReadAllLinesAsync(folder["cut.jsonl"], Cancel));
        Assert.False(File.Exists(folder["cut.jsonl.partial"]));
    }

    [Fact]
    public async Task A_file_in_the_way_and_an_unfinished_other_question_are_refused()
    {
        using var folder = TemporaryFolder.Create("export");
        using var client = new BeamtimeClient(host.Host.Address);
        await new ExportFile(folder["a.jsonl"], Scans).WriteAsync(client, Cancel);

        await RefusedAsync(new ExportFile(folder["a.jsonl"], Scans), client);
        File.Move(folder["a.jsonl"], folder["b.jsonl.partial"]);
        await RefusedAsync(new ExportFile(folder["b.jsonl"], Scans with { Kind = "dataset" }), client);
    }

    [Fact]
    public async Task The_records_of_a_running_program_are_what_their_entries_fold_to()
    {
        await ScanAsync();
        var (exit, output, error) = await RunningProgram.RunAsync(
            Cancel, "ledger", "rebuild", "--check", "--server", host.Host.Address.ToString());
        Assert.True(exit == 0, output + error);
        Assert.Contains(" 0 records differ", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("export?kind=lantern", "ledger.kind.unknown")]
    [InlineData("export?id=1", "ledger.filter.invalid")]
    [InlineData("export?after=here", "ledger.filter.invalid")]
    public async Task A_question_that_cannot_be_answered_is_refused(string path, string code)
    {
        using var client = new BeamtimeClient(host.Host.Address);
        var problem = await Assert.ThrowsAsync<ProblemException>(
            () => client.ReadLinesAsync(HttpMethod.Get, $"ledger/{path}", _ => Task.CompletedTask, Cancel));
        Assert.Equal(code, problem.Problem.Type);
    }

    private static async Task RefusedAsync(ExportFile file, BeamtimeClient client)
    {
        var refused = await Assert.ThrowsAsync<RefusedException>(() => file.WriteAsync(client, Cancel));
        Assert.Equal("cli.file.exists", Assert.Single(refused.Reasons).Code);
    }

    private async Task ScanAsync()
    {
        var (_, accepted) = await host.PostAsync(
            "scans", """{"scan": "line", "args": ["samx", "0", "1"], "parameters": {"steps": "2"}}""");
        await host.EndOfAsync(accepted.GetProperty("number").GetInt32());
    }
}
