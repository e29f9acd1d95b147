using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Ledger;

/// <summary>Records are compared with what their entries fold to, and corrected where asked.</summary>
public sealed class RecordRebuildTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    internal static async Task<IReadOnlyList<RecordDifference>> RunAsync(BeamtimeDatabase database, StreamKind kind, bool correct)
    {
        List<RecordDifference> found = [];
        await foreach (var difference in new RecordRebuild(database, new StreamKindSet([kind])).RunAsync(null, correct, Cancel))
        {
            found.AddRange(difference is null ? [] : [difference]);
        }

        return found;
    }

    [Fact]
    public async Task A_record_that_was_tampered_with_is_named_by_its_fields_and_corrected()
    {
        await using var database = await TestDatabase.CreateAsync();
        await HangAsync(database, "a", "b");
        await ExecuteAsync(database, """update records set document = jsonb_set(document, '{place}', '"roof"'), name = 'roof' where id = 'a'""");

        var checkedOnly = Assert.Single(await RunAsync(database, LampLedger.Kind, correct: false));
        Assert.Equal(("a", "place,(name)", false), (checkedOnly.Id, string.Join(',', checkedOnly.Fields), checkedOnly.IsCorrected));
        Assert.True(Assert.Single(await RunAsync(database, LampLedger.Kind, correct: true)).IsCorrected);
        Assert.Empty(await RunAsync(database, LampLedger.Kind, correct: false));
    }

    [Fact]
    public async Task A_record_that_is_gone_is_made_anew_with_its_times()
    {
        await using var database = await TestDatabase.CreateAsync();
        await HangAsync(database, "a", "b");
        var created = await ScalarAsync(database, "select created_at from records where id = 'b'");
        await ExecuteAsync(database, "delete from records where id = 'b'");

        var difference = Assert.Single(await RunAsync(database, LampLedger.Kind, correct: true));
        Assert.Equal(("b", "(record)", true), (difference.Id, string.Join(',', difference.Fields), difference.IsCorrected));
        Assert.Equal(created, await ScalarAsync(database, "select created_at from records where id = 'b'"));
    }

    [Fact]
    public async Task What_cannot_be_folded_or_has_no_entries_is_told_and_left()
    {
        await using var database = await TestDatabase.CreateAsync();
        await HangAsync(database, "a", "b");
        await ExecuteAsync(database, "update entries set type = 'lamp.exploded' where id = 'a'");
        await ExecuteAsync(database, "insert into records select kind, 'z', version, fold_version, beamline, number, name, status, created_at, updated_at, document from records where id = 'b'");

        var differences = await RunAsync(database, LampLedger.Kind, correct: true);
        Assert.Equal(["a", "z"], differences.Select(difference => difference.Id));
        Assert.Contains("lamp.exploded", differences[0].Problem, StringComparison.Ordinal);
        Assert.Equal("the record has no entries", differences[1].Problem);
        Assert.All(differences, difference => Assert.False(difference.IsCorrected));
    }

    [Fact]
    public async Task More_streams_than_a_batch_are_all_looked_at()
    {
        await using var database = await TestDatabase.CreateAsync();
        await HangAsync(database, [.. Enumerable.Range(0, 250).Select(i => $"lamp-{i}")]);
        await ExecuteAsync(database, "update records set status = 'lost'");

        Assert.Equal(250, (await RunAsync(database, LampLedger.Kind, correct: true)).Count);
    }

    [Theory]
    [InlineData("""{"a": 1, "b": [1, 2]}""", """{"b": [1, 2], "a": 1.0}""", "")]
    [InlineData("""{"a": {"x": 1}}""", """{"a": {"x": 2, "y": null}}""", "a.x,a.y")]
    [InlineData("""{"b": [1, {"c": 2}]}""", """{"b": [1, {"c": 3}, 4]}""", "b[1].c,b[2]")]
    public void Documents_differ_by_paths(string one, string other, string paths) =>
        Assert.Equal(paths, string.Join(',', RecordDifference.PathsOf(one, other)));

    private static async Task HangAsync(BeamtimeDatabase database, params string[] ids)
    {
        var ledger = new LedgerStore(database, TimeProvider.System);
        foreach (var id in ids)
        {
            await ledger.AppendAsync(LampLedger.Kind, StreamState<Lamp>.New(id), [new LampHung("hutch")], LampLedger.Why, Cancel);
        }
    }

    private static async Task ExecuteAsync(BeamtimeDatabase database, string sql)
    {
        await using var command = database.Owner.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancel);
    }

    private static Task<object?> ScalarAsync(BeamtimeDatabase database, string sql) => LedgerStoreTests.ScalarAsync(database, sql, Cancel);
}
