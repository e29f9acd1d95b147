using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;
using Npgsql;

namespace Beamtime.Tests.Ledger;

public sealed class LedgerStoreTests
{
    [Fact]
    public async Task A_decision_writes_its_entries_and_the_folded_record()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var database = await TestDatabase.CreateAsync();
        var ledger = new LedgerStore(database, TimeProvider.System);
        await HangAsync(ledger, "a", cancel);

        var outcome = await ledger.DecideAsync(LampLedger.Kind, "a", LampLedger.SwitchOn, LampLedger.Why, null, cancel);

        Assert.Equal(2, outcome.OrThrow().Version);
        Assert.Equal(outcome.OrThrow(), await ledger.LoadAsync(LampLedger.Kind, "a", cancel));
        var entries = await ledger.ReadStreamAsync(LampLedger.Kind, "a", cancel).ToListAsync(cancel);
        Assert.Equal([new LampHung("hutch"), new LampSwitched(true)], entries.Select(e => e.Data));
        Assert.Equal(LampLedger.Why, entries[0].Why);
    }

    [Fact]
    public async Task A_refusal_and_a_decision_for_nothing_write_nothing()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var database = await TestDatabase.CreateAsync();
        var ledger = new LedgerStore(database, TimeProvider.System);

        var refused = await ledger.DecideAsync(LampLedger.Kind, "a", LampLedger.SwitchOn, LampLedger.Why, null, cancel);
        Assert.IsType<Refused<StreamState<Lamp>>>(refused);

        await HangAsync(ledger, "a", cancel);
        await ledger.DecideAsync(LampLedger.Kind, "a", LampLedger.SwitchOn, LampLedger.Why, null, cancel);
        var again = await ledger.DecideAsync(LampLedger.Kind, "a", LampLedger.SwitchOn, LampLedger.Why, null, cancel);
        Assert.Equal(2, again.OrThrow().Version);
        Assert.Equal(2L, await ScalarAsync(database, "select count(*) from entries", cancel));
    }

    [Fact]
    public async Task A_writer_that_saw_an_older_version_conflicts_and_leaves_nothing()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var database = await TestDatabase.CreateAsync();
        var ledger = new LedgerStore(database, TimeProvider.System);
        await HangAsync(ledger, "a", cancel);

        var conflict = await Assert.ThrowsAsync<ConflictException>(() => database.TransactAsync(
            async transaction =>
            {
                await HangAsync(ledger, transaction, "b", cancel);
                await ledger.AppendAsync(transaction, LampLedger.Kind, "a", 0, [new LampHung("x")], LampLedger.Why, cancel);
            },
            cancel));

        Assert.Equal("ledger.version.conflict", conflict.Reason.Code);
        await Assert.ThrowsAsync<ConflictException>(() => database.TransactAsync(
            transaction => ledger.AppendAsync(
                transaction, LampLedger.Kind, "a", 7, [new LampSwitched(true)], LampLedger.Why, cancel),
            cancel));
        Assert.Equal(0, (await ledger.LoadAsync(LampLedger.Kind, "b", cancel)).Version);
        Assert.Equal(1, (await ledger.LoadAsync(LampLedger.Kind, "a", cancel)).Version);
    }

    [Fact]
    public async Task Deciders_on_one_stream_at_once_all_get_their_turn()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var database = await TestDatabase.CreateAsync();
        var ledger = new LedgerStore(database, TimeProvider.System);
        await HangAsync(ledger, "a", cancel);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ledger.DecideAsync(
            LampLedger.Kind, "a", lamp => LampLedger.Happens(new LampSwitched(!lamp!.IsOn)), LampLedger.Why, null, cancel)));

        var lamp = await ledger.LoadAsync(LampLedger.Kind, "a", cancel);
        Assert.Equal((5, 4), (lamp.Version, lamp.State!.Switches));
    }

    [Fact]
    public async Task Streams_changed_in_one_transaction_change_together_or_not()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var database = await TestDatabase.CreateAsync();
        var ledger = new LedgerStore(database, TimeProvider.System);
        await HangAsync(ledger, "a", cancel);

        await Assert.ThrowsAsync<InvalidOperationException>(() => database.TransactAsync(
            async transaction =>
            {
                (await ledger.DecideAsync(
                    transaction, LampLedger.Kind, "a", LampLedger.SwitchOn, LampLedger.Why, cancel)).OrThrow();
                await HangAsync(ledger, transaction, "b", cancel);
                throw new InvalidOperationException();
            },
            cancel));
        Assert.Equal(1L, await ScalarAsync(database, "select count(*) from entries", cancel));

        await ledger.DecideAsync(
            LampLedger.Kind,
            "a",
            LampLedger.SwitchOn,
            LampLedger.Why,
            (transaction, _) => HangAsync(ledger, transaction, "b", cancel),
            cancel);
        Assert.Equal(3L, await ScalarAsync(database, "select count(*) from entries", cancel));
    }

    [Fact]
    public async Task A_record_of_another_fold_is_folded_anew_and_a_rebuild_writes_it()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var database = await TestDatabase.CreateAsync();
        var ledger = new LedgerStore(database, TimeProvider.System);
        await HangAsync(ledger, "a", cancel);
        await ledger.DecideAsync(LampLedger.Kind, "a", LampLedger.SwitchOn, LampLedger.Why, null, cancel);
        var newer = LampLedger.Folding(2, 10);

        Assert.Equal(10, (await ledger.LoadAsync(newer, "a", cancel)).State!.Switches);
        Assert.Equal(10, (await ledger.ListRecordsAsync(newer, new RecordQuery(), cancel)).Items[0].State!.Switches);
        Assert.Equal(["a"], (await RecordRebuildTests.RunAsync(database, newer, correct: true)).Select(d => d.Id));
        Assert.Empty(await RecordRebuildTests.RunAsync(database, newer, correct: true));
        Assert.Equal("10", await ScalarAsync(database, "select document ->> 'switches' from records", cancel));
    }

    [Fact]
    public async Task A_record_folded_while_writing_equals_one_folded_from_what_was_kept()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var database = await TestDatabase.CreateAsync();
        var ledger = new LedgerStore(database, TimeProvider.System);
        for (var i = 0; i < 20; i++)
        {
            await HangAsync(ledger, $"lamp-{i}", cancel);
        }

        Assert.Empty(await RecordRebuildTests.RunAsync(database, LampLedger.Kind, correct: false));
    }

    [Fact]
    public async Task A_record_that_is_too_large_is_an_error_and_nothing_is_written()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var database = await TestDatabase.CreateAsync();
        var ledger = new LedgerStore(database, TimeProvider.System);
        await HangAsync(ledger, "a", cancel);

        var fault = await Assert.ThrowsAsync<FaultException>(() => ledger.DecideAsync(
            LampLedger.Kind,
            "a",
            _ => LampLedger.Happens(new LampDescribed(new string('x', 64 << 10))),
            LampLedger.Why,
            null,
            cancel));

        Assert.Equal("ledger.record.large", fault.Reason.Code);
        Assert.Equal(1L, await ScalarAsync(database, "select count(*) from entries", cancel));
    }

    [Fact]
    public async Task An_old_version_is_upcast_and_an_unknown_one_is_an_error()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var database = await TestDatabase.CreateAsync();
        var ledger = new LedgerStore(database, TimeProvider.System);
        await HangAsync(ledger, "a", cancel);
        const string Insert =
            """
            insert into entries (epoch, kind, id, version, type, type_version, who, why, at, correlation, data)
            select epoch, kind, id, 2, 'lamp.switched', {0}, who, why, at, correlation, '{1}' from entries where version = 1
            """;

        await ScalarAsync(database, Insert.Replace("{0}", "1").Replace("{1}", """{"position":"on"}"""), cancel);
        Assert.True((await ledger.LoadAsync(LampLedger.Folding(2, 1), "a", cancel)).State!.IsOn);

        await ScalarAsync(
            database,
            Insert.Replace("2, 'lamp", "3, 'lamp").Replace("{0}", "9").Replace("{1}", "{}"),
            cancel);
        var fault = await Assert.ThrowsAsync<FaultException>(() => ledger.LoadAsync(LampLedger.Folding(2, 1), "a", cancel));
        Assert.Equal("ledger.entry.unknown", fault.Reason.Code);
    }

    [Theory]
    [InlineData("update entries set why = 'other'")]
    [InlineData("delete from entries")]
    [InlineData("truncate entries")]
    [InlineData("update ledger_epoch set epoch = 5")]
    [InlineData("drop table entries")]
    [InlineData("set role beamtime; delete from entries")]
    public async Task The_program_cannot_change_what_happened(string sql)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var database = await TestDatabase.CreateAsync();
        await using var command = database.Source.CreateCommand(sql);

        var error = await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync(cancel));

        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, error.SqlState);
    }

    [Fact]
    public async Task Pages_of_records_filter_and_count()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var database = await TestDatabase.CreateAsync();
        var ledger = new LedgerStore(database, TimeProvider.System);
        for (var i = 0; i < 5; i++)
        {
            await HangAsync(ledger, $"lamp-{i}", cancel);
        }

        await ledger.DecideAsync(LampLedger.Kind, "lamp-3", LampLedger.SwitchOn, LampLedger.Why, null, cancel);

        var page = await ledger.ListRecordsAsync(
            LampLedger.Kind, new RecordQuery { Status = "off", Offset = 1, Limit = 2 }, cancel);
        Assert.Equal(4, page.Total);
        Assert.Equal(["lamp-2", "lamp-1"], page.Items.Select(i => i.Id));
        var beyond = await ledger.ListRecordsAsync(LampLedger.Kind, new RecordQuery { Offset = 10 }, cancel);
        Assert.Equal((5L, 0), (beyond.Total, beyond.Items.Count));
    }

    [Fact]
    public async Task An_erased_person_leaves_the_entries_as_they_are()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var database = await TestDatabase.CreateAsync();
        var people = new PeopleStore(database, TimeProvider.System);
        var ledger = new LedgerStore(database, TimeProvider.System);
        var ada = await people.AddAsync("Ada", cancel);
        await ledger.DecideAsync(
            LampLedger.Kind, "a", _ => LampLedger.Happens(new LampHung("x")), new Why(ada, "dark", "c"), null, cancel);
        Assert.Equal("Ada", (await people.NamesAsync([ada, PersonId.System], cancel))[ada]);

        (await people.ForgetAsync(ada, LampLedger.Why, ledger, cancel)).OrThrow();

        Assert.Equal([PersonId.System], (await people.NamesAsync([ada, PersonId.System], cancel)).Keys);
        var entry = await ledger.ReadStreamAsync(LampLedger.Kind, "a", cancel).SingleAsync(cancel);
        Assert.Equal(ada, entry.Why.Who);
    }

    internal static Task HangAsync(LedgerStore ledger, string id, CancellationToken cancel) => ledger.DecideAsync(
        LampLedger.Kind, id, _ => LampLedger.Happens(new LampHung("hutch")), LampLedger.Why, null, cancel);

    internal static Task HangAsync(
        LedgerStore ledger, DatabaseTransaction transaction, string id, CancellationToken cancel) => ledger.AppendAsync(
            transaction, LampLedger.Kind, StreamState<Lamp>.New(id), [new LampHung("hutch")], LampLedger.Why, cancel);

    internal static async Task<object?> ScalarAsync(BeamtimeDatabase database, string sql, CancellationToken cancel)
    {
        await using var command = database.Owner.CreateCommand(sql);
        return await command.ExecuteScalarAsync(cancel);
    }
}
