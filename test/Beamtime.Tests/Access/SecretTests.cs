using System.Text;
using Beamtime.Core.Access;
using Beamtime.Core.Access.Secrets;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Access;

/// <summary>The master key, where it comes from, what it seals and how it is changed.</summary>
public sealed class SecretTests : IDisposable
{
    private static readonly Why ForTest = Why.BySystem("for a test", "test");
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("secrets");
    private readonly FakeClock _clock = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_sealed_opens_under_its_own_name_and_key_alone()
    {
        var key = KeyOf("one");
        var box = key.Seal("secret", "tape.password", "open sesame"u8);
        Assert.Equal("open sesame"u8, key.Open("secret", "tape.password", box));
        Assert.NotEqual(box, key.Seal("secret", "tape.password", "open sesame"u8));
        Assert.Equal(-1, box.AsSpan().IndexOf("sesame"u8));
        Assert.Equal("secret.damaged", FaultOf(() => key.Open("secret", "other", box)));
        Assert.Equal("secret.damaged", FaultOf(() => key.Open("key ring", "tape.password", box)));
        Assert.Equal("master_key.changed", FaultOf(() => KeyOf("two").Open("secret", "tape.password", box)));
        for (var i = 0; i < box.Length; i++)
        {
            var changed = (byte[])box.Clone();
            changed[i] ^= 1;
            FaultOf(() => key.Open("secret", "tape.password", changed));
            FaultOf(() => key.Open("secret", "tape.password", box.AsSpan(0, i).ToArray()));
        }
    }

    [Fact]
    public async Task On_the_private_cluster_a_key_is_made_once_for_its_owner_alone()
    {
        await using var database = await TestDatabase.CreateClusterAsync(TestDatabase.ClusterOptions(_folder["data"]), Cancel);
        var made = await OpenAsync(database, new AccessOptions());
        var file = Path.Combine(_folder["data"], "MASTER_KEY");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(made.Id, (await OpenAsync(database, new AccessOptions())).Id);

        File.Move(file, file + ".away");
        var missing = await RefusalAsync(database, new AccessOptions());
        Assert.Equal("master_key.missing", missing.Code);
        Assert.Contains(made.Id, missing.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(file));
        File.Move(file + ".away", file);

        // A change of which only the database's half was done is finished; one of which nothing was done is dropped.
        MasterKeyFile own = new(_folder["data"]);
        own.Prepare();
        Assert.Equal(made.Id, (await OpenAsync(database, new AccessOptions())).Id);
        Assert.False(File.Exists(file + ".new"));
        var next = own.Prepare();
        await RotationOf(database).RotateAsync(made, next, ForTest, Cancel);
        Assert.Equal(next.Id, (await OpenAsync(database, new AccessOptions())).Id);
        Assert.False(File.Exists(file + ".new"));
    }

    [Fact]
    public async Task The_wrong_key_none_two_and_a_short_one_are_refused()
    {
        await using var database = await TestDatabase.CreateAsync();
        await OpenAsync(database, new AccessOptions { JwtSecret = new string('a', 40) });
        Assert.Equal("master_key.wrong", (await RefusalAsync(database, new AccessOptions { JwtSecret = new string('b', 40) })).Code);
        Assert.Equal("master_key.short", (await RefusalAsync(database, new AccessOptions { JwtSecret = "short" })).Code);
        Assert.Equal("master_key.unreadable", (await RefusalAsync(database, new AccessOptions { SecretFile = _folder["absent"] })).Code);
        await File.WriteAllTextAsync(_folder["key"], new string('a', 40) + "\n", Cancel);
        Assert.Equal(
            "master_key.twice",
            (await RefusalAsync(database, new AccessOptions { SecretFile = _folder["key"], JwtSecret = new string('a', 40) })).Code);
        Assert.Equal(
            KeyOf(new string('a', 40)).Id, (await OpenAsync(database, new AccessOptions { SecretFile = _folder["key"] })).Id);
    }

    [Fact]
    public async Task Secrets_lie_sealed_and_are_sealed_anew_with_another_key()
    {
        await using var database = await TestDatabase.CreateAsync();
        var (old, next) = (KeyOf(new string('a', 40)), KeyOf(new string('b', 40)));
        await OpenAsync(database, new AccessOptions { JwtSecret = new string('a', 40) });
        LedgerStore ledger = new(database, _clock);
        SecretStore store = new(database, ledger, old, _clock);
        await store.StoreAsync("tape.password", "open sesame", ForTest, Cancel);
        await store.StoreAsync("casda", "first", ForTest, Cancel);
        await store.StoreAsync("casda", "second", ForTest, Cancel);
        Assert.Equal("second", await store.ReadAsync("casda", Cancel));
        Assert.Equal(["casda", "tape.password"], (await store.ListAsync(Cancel)).Select(s => s.Name));
        Assert.Equal("secret.name.invalid", (await RefusedAsync(() => store.StoreAsync("Tape\0", "x", ForTest, Cancel))).Code);
        Assert.Equal("secret.unknown", (await RefusedAsync(() => store.ReadAsync("nothing", Cancel))).Code);

        Assert.Equal(2, await RotationOf(database).RotateAsync(old, next, ForTest, Cancel));

        SecretStore after = new(database, ledger, next, _clock);
        Assert.Equal("open sesame", await after.ReadAsync("tape.password", Cancel));
        Assert.Equal("master_key.changed", await FaultAsync(() => store.ReadAsync("tape.password", Cancel)));
        Assert.Equal("master_key.changed", await FaultAsync(() => store.StoreAsync("late", "x", ForTest, Cancel)));
        Assert.Equal("master_key.wrong", (await RefusedAsync(() => RotationOf(database).RotateAsync(old, next, ForTest, Cancel))).Code);
        await after.RemoveAsync("casda", ForTest, Cancel);
        Assert.Equal("secret.unknown", (await RefusedAsync(() => after.RemoveAsync("casda", ForTest, Cancel))).Code);

        await using var search = database.Owner.CreateCommand(
            "select (select string_agg(s::text, ' ') from secrets s) || (select string_agg(e::text, ' ') from entries e)");
        var text = (string)(await search.ExecuteScalarAsync(Cancel))!;
        Assert.DoesNotContain("sesame", text, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToHexStringLower(Encoding.UTF8.GetBytes("sesame")), text, StringComparison.Ordinal);
        Assert.Contains("master_key.rotated", text, StringComparison.Ordinal);

        Assert.Equal(1, await RotationOf(database).RotateAsync(null, KeyOf(new string('c', 40)), ForTest, Cancel));
        Assert.Empty(await after.ListAsync(Cancel));
    }

    [Fact]
    public async Task Tokens_outlive_a_change_of_the_master_key()
    {
        await using var database = await TestDatabase.CreateAsync();
        await OpenAsync(database, new AccessOptions { JwtSecret = new string('a', 40) });
        var (old, next) = (KeyOf(new string('a', 40)), KeyOf(new string('b', 40)));
        string token;
        await using (var server = await AccessServer.StartAsync(database, _clock, new string('a', 40)))
        {
            await server.AddAsync("ada", "scientist");
            token = (await server.SignInAsync("ada")).AccessToken;
            await using var ring = database.Owner.CreateCommand("select string_agg(document, ' ') from key_ring");
            var document = (string)(await ring.ExecuteScalarAsync(Cancel))!;
            Assert.Contains("<sealed", document, StringComparison.Ordinal);
            Assert.DoesNotContain("masterKey", document, StringComparison.Ordinal);
            await RotationOf(database).RotateAsync(old, next, ForTest, Cancel);
            Assert.Equal(200, (await server.ScansAsync(token)).Status);
        }

        await using var restarted = await AccessServer.StartAsync(database, _clock, new string('b', 40));
        Assert.Equal(200, (await restarted.ScansAsync(token)).Status);
    }

    private static MasterKey KeyOf(string text) => MasterKey.Of(Encoding.UTF8.GetBytes(text));

    private MasterKeyRotation RotationOf(BeamtimeDatabase database) => new(database, new LedgerStore(database, _clock), _clock);

    private Task<MasterKey> OpenAsync(BeamtimeDatabase database, AccessOptions options) =>
        new MasterKeySource(options, database, _clock).OpenAsync(Cancel);

    private Task<Reason> RefusalAsync(BeamtimeDatabase database, AccessOptions options) =>
        RefusedAsync(() => OpenAsync(database, options));

    private static async Task<Reason> RefusedAsync(Func<Task> act) =>
        Assert.Single((await Assert.ThrowsAsync<RefusedException>(act)).Reasons);

    private static async Task<string> FaultAsync(Func<Task> act) => (await Assert.ThrowsAsync<FaultException>(act)).Reason.Code;

    private static string FaultOf(Action act) => Assert.Throws<FaultException>(act).Reason.Code;
}
