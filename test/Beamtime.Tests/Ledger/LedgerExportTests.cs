using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Ledger;

/// <summary>
/// An export is whole, ordered, proves itself, and goes on where the last one ended. Transactions of
/// other databases in a cluster hold entries back, so each test has a cluster of its own.
/// </summary>
public sealed class LedgerExportTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_entry_stands_on_a_line_in_order_and_the_end_proves_it()
    {
        using var folder = TemporaryFolder.Create("export");
        await using var database = await TestDatabase.CreateClusterAsync(TestDatabase.ClusterOptions(folder["data"]), Cancel);
        await HangAsync(database, 1500);

        var (text, lines) = await ExportAsync(database, new ExportQuery());

        Assert.Equal(1502, lines.Length);
        Assert.Equal("beamtime.ledger", (string)lines[0]["format"]!);
        var cursors = lines[1..^1].Select(line => LedgerExport.Cursor((string)line["cursor"]!)).ToArray();
        Assert.Equal(cursors.OrderBy(c => (c.Epoch, c.Tx, c.Position)), cursors);
        Assert.Equal("hutch", (string)lines[1]["data"]!["place"]!);
        var end = lines[^1]["end"]!;
        var body = text[..(text.TrimEnd('\n').LastIndexOf('\n') + 1)];
        Assert.Equal(1500, (int)end["entries"]!);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body))), (string)end["sha256"]!);
    }

    [Fact]
    public async Task A_further_export_lacks_and_repeats_nothing()
    {
        using var folder = TemporaryFolder.Create("export");
        await using var database = await TestDatabase.CreateClusterAsync(TestDatabase.ClusterOptions(folder["data"]), Cancel);
        await HangAsync(database, 3);
        var (_, first) = await ExportAsync(database, new ExportQuery());
        await HangAsync(database, 2, from: 3);

        var (_, second) = await ExportAsync(
            database, new ExportQuery { After = LedgerExport.Cursor((string)first[^1]["end"]!["last"]!) });

        Assert.Equal(
            Enumerable.Range(0, 5).Select(i => $"lamp-{i}"), first[1..^1].Concat(second[1..^1]).Select(line => (string)line["id"]!));
    }

    [Fact]
    public async Task Filters_choose_streams_people_and_times()
    {
        using var folder = TemporaryFolder.Create("export");
        await using var database = await TestDatabase.CreateClusterAsync(TestDatabase.ClusterOptions(folder["data"]), Cancel);
        await HangAsync(database, 3);

        Assert.Equal(3, (await ExportAsync(database, new ExportQuery { Kind = "lamp", Id = "lamp-1" })).Lines.Length);
        Assert.Equal(2, (await ExportAsync(database, new ExportQuery { Kind = "scan" })).Lines.Length);
        Assert.Equal(2, (await ExportAsync(database, new ExportQuery { Who = PersonId.LocalOperator })).Lines.Length);
        Assert.Equal(2, (await ExportAsync(database, new ExportQuery { Since = DateTimeOffset.MaxValue.AddYears(-5) })).Lines.Length);
    }

    [Fact]
    public async Task What_commits_late_waits_for_the_next_export()
    {
        using var folder = TemporaryFolder.Create("export");
        await using var database = await TestDatabase.CreateClusterAsync(TestDatabase.ClusterOptions(folder["data"]), Cancel);
        var ledger = new LedgerStore(database, TimeProvider.System);
        await using var late = await database.BeginAsync(Cancel);
        await ledger.AppendAsync(late, LampLedger.Kind, StreamState<Lamp>.New("late"), [new LampHung("hutch")], LampLedger.Why, Cancel);
        await HangAsync(database, 1);

        var (_, first) = await ExportAsync(database, new ExportQuery());
        await late.CommitAsync(Cancel);
        var (_, second) = await ExportAsync(database, new ExportQuery { After = LedgerExport.Cursor((string)first[^1]["end"]!["last"]!) });

        Assert.Equal(2, first.Length);
        Assert.Equal(["late", "lamp-0"], second[1..^1].Select(line => (string)line["id"]!));
    }

    [Fact]
    public void A_text_that_is_no_place_is_refused() =>
        Assert.Throws<RefusedException>(() => LedgerExport.Cursor("1/x/2"));

    private static async Task<(string Text, JsonNode[] Lines)> ExportAsync(BeamtimeDatabase database, ExportQuery query)
    {
        using MemoryStream output = new();
        await new LedgerExport(database, TimeProvider.System).WriteAsync(output, query, Cancel);
        var text = Encoding.UTF8.GetString(output.ToArray());
        return (text, [.. text.TrimEnd('\n').Split('\n').Select(line => JsonNode.Parse(line)!)]);
    }

    private static async Task HangAsync(BeamtimeDatabase database, int count, int from = 0)
    {
        var ledger = new LedgerStore(database, TimeProvider.System);
        for (var i = from; i < from + count; i++)
        {
            await ledger.AppendAsync(
                LampLedger.Kind, StreamState<Lamp>.New($"lamp-{i}"), [new LampHung("hutch")], LampLedger.Why, Cancel);
        }
    }
}
