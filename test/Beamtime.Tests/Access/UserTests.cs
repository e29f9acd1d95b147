using System.Text.Json;
using Beamtime.Core.Access;
using Beamtime.Core.Access.SignIns;
using Beamtime.Core.Access.Users;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Access;

/// <summary>Users, their roles and keys, over REST as an administrator.</summary>
public sealed class UserTests : IAsyncLifetime
{
    private static readonly Why ForTest = Why.BySystem("for a test", "test");
    private readonly FakeClock _clock = new();
    private BeamtimeDatabase _database = null!;
    private AccessServer _server = null!;
    private string _admin = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        _server = await AccessServer.StartAsync(_database, _clock);
        await _server.AddAsync("root", "administrator");
        _admin = (await _server.SignInAsync("root")).AccessToken;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task An_administrator_makes_a_user_who_then_signs_in()
    {
        var (status, made) = await _server.PostAsync(
            "users",
            new { username = "Grace.Hopper@navy", password = AccessServer.Password, name = "Grace Hopper", email = "grace@navy.mil", roles = new[] { "scientist", "data-steward" } },
            _admin);
        Assert.True(status == 201, made.ToString());
        Assert.Equal("grace.hopper@navy", made.GetProperty("username").GetString());
        Assert.DoesNotContain("password\":\"", made.ToString(), StringComparison.Ordinal);
        var tokens = await _server.SignInAsync("grace.hopper@navy");
        var (_, me) = await _server.GetAsync("auth/me", tokens.AccessToken);
        Assert.Equal(["scientist", "data_steward"], me.GetProperty("roles").EnumerateArray().Select(r => r.GetString()));
        Assert.Equal(403, (await _server.GetAsync("users", tokens.AccessToken)).Status);
        Assert.Equal(["grace.hopper@navy", "operator", "root"], await NamesAsync());
        var people = new PeopleStore(_database, _clock);
        var id = new PersonId(made.GetProperty("id").GetGuid());
        Assert.Equal("Grace Hopper", (await people.NamesAsync([id], Cancel))[id]);

        (await people.ForgetAsync(id, Why.BySystem("left", "c"), new LedgerStore(_database, _clock), Cancel)).OrThrow();

        Assert.Equal(["operator", "root"], await NamesAsync());
        _server.Get<CallerDirectory>().Refresh();
        Assert.Equal(401, (await _server.ScansAsync(tokens.AccessToken)).Status);
    }

    [Fact]
    public async Task A_user_that_will_not_do_is_refused_with_every_reason()
    {
        var (status, problem) = await _server.PostAsync(
            "users", new { username = "a b", name = "x\u0007", email = "nowhere", roles = new[] { "opperator" } }, _admin);
        Assert.Equal(422, status);
        Assert.Equal(
            ["user.username.invalid", "user.name.invalid", "user.email.invalid", "user.role.unknown"],
            problem.GetProperty("reasons").EnumerateArray().Select(r => r.GetProperty("code").GetString()));
        Assert.Contains("did you mean 'operator'", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal("user.username.taken", CodeOf(await _server.PostAsync(
            "users", new { username = "ROOT", password = AccessServer.Password, roles = new[] { "viewer" } }, _admin)));
        Assert.Equal("user.role.unknown", CodeOf(await _server.PostAsync("users", new { username = "none" }, _admin)));
        Assert.Equal("user.unknown", CodeOf(await _server.PostAsync("users/nobody/disable", new { }, _admin)));
    }

    [Theory]
    [InlineData("short", 1)]
    [InlineData("aaa", 2)]
    [InlineData("aaaaaaaaaaaaaaaa", 1)]
    [InlineData("password12345", 1)]
    [InlineData("grace was here", 1)]
    [InlineData("tab\tin the middle", 1)]
    [InlineData("seven tall dark trees", 0)]
    [InlineData("a password of many other words", 0)]
    public void A_password_is_long_and_not_what_is_guessed_first(string password, int reasons) =>
        Assert.Equal(reasons, PasswordRules.Against(password, Username.Find("grace")!.Value).Count);

    [Theory]
    [InlineData("ada", "ada")]
    [InlineData("ADA", "ada")]
    [InlineData("a.b_c-d@e1", "a.b_c-d@e1")]
    [InlineData("a", null)]
    [InlineData("-ada", null)]
    [InlineData("ada ", null)]
    [InlineData("ada\n", null)]
    [InlineData("\u0430da", null)]
    [InlineData("ada\u0131", null)]
    [InlineData("\u0130da", null)]
    [InlineData("ada\u212a", null)]
    public void A_name_is_of_letters_that_nobody_can_mistake(string text, string? name) =>
        Assert.Equal(name, Username.Find(text)?.Value);

    [Fact]
    public async Task Two_who_make_one_name_at_once_make_one_user()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => _server.PostAsync(
            "users", new { username = "twin", roles = new[] { "viewer" } }, _admin)));
        Assert.Single(answers, a => a.Status == 201);
        Assert.All(answers.Where(a => a.Status != 201), a => Assert.Equal("user.username.taken", CodeOf(a)));
        await using var people = _database.Source.CreateCommand("select count(*) from people where name = 'twin'");
        Assert.Equal(1L, await people.ExecuteScalarAsync(Cancel));
    }

    [Fact]
    public async Task Somebody_always_remains_who_says_who_may_do_what()
    {
        await _server.Get<UserRegister>().SetDisabledAsync("operator", isDisabled: true, ForTest, Cancel);
        foreach (var path in new[] { "users/root/disable", "users/root/roles" })
        {
            var body = path.EndsWith("roles", StringComparison.Ordinal) ? (object)new { roles = new[] { "viewer" } } : new { };
            Assert.Equal("user.administrator.last", CodeOf(await _server.PostAsync(path, body, _admin)));
        }

        await _server.AddAsync("second", "administrator");
        Assert.Equal(200, (await _server.PostAsync("users/root/disable", new { }, _admin)).Status);
        Assert.Equal(401, (await _server.GetAsync("users", _admin)).Status);
    }

    [Fact]
    public async Task A_key_opens_what_its_scopes_say_until_it_ends_or_is_revoked()
    {
        await _server.AddAsync("ada", "scientist");
        var tokens = await _server.SignInAsync("ada");
        var (_, made) = await _server.PostAsync(
            "keys", new { name = "night watch", scopes = new[] { "scans.read" }, expires_at = _clock.GetUtcNow().AddDays(2) }, tokens.AccessToken);
        var (text, id) = (made.GetProperty("text").GetString()!, made.GetProperty("key").GetProperty("id").GetString()!);
        Assert.StartsWith($"bt_{id}_", text, StringComparison.Ordinal);
        Assert.Equal(200, (await _server.ScansAsync(text)).Status);
        Assert.Equal((403, "access.denied"), await _server.ScansAsync(text, HttpMethod.Post));
        Assert.Equal(403, (await _server.GetAsync("keys", text)).Status);
        Assert.Equal((401, "access.token.invalid"), await _server.ScansAsync(text[..^1] + (text[^1] == 'a' ? 'b' : 'a')));
        var (_, listed) = await _server.GetAsync("keys", tokens.AccessToken);
        Assert.DoesNotContain(text, listed.ToString(), StringComparison.Ordinal);
        Assert.True(listed[0].TryGetProperty("used_at", out _), listed.ToString());

        _clock.Advance(TimeSpan.FromDays(3));
        Assert.Equal((401, "access.token.expired"), await _server.ScansAsync(text));

        var (_, second) = await _server.PostAsync("keys", new { name = "second" }, (await _server.SignInAsync("ada")).AccessToken);
        var secondText = second.GetProperty("text").GetString()!;
        Assert.Equal(200, (await _server.ScansAsync(secondText, HttpMethod.Post)).Status);
        _admin = (await _server.SignInAsync("root")).AccessToken;
        Assert.Equal("key.unknown", CodeOf(await _server.PostAsync($"keys/{id}/revoke", new { }, _admin)));
        var secondId = second.GetProperty("key").GetProperty("id").GetString();
        Assert.Equal(204, (await _server.PostAsync($"users/ada/keys/{secondId}/revoke", new { }, _admin)).Status);
        Assert.Equal((401, "access.token.invalid"), await _server.ScansAsync(secondText));
    }

    [Fact]
    public async Task A_key_that_will_not_do_is_refused_with_every_reason()
    {
        await _server.AddAsync("ada", "viewer");
        var (_, problem) = await _server.PostAsync(
            "keys",
            new { name = " ", scopes = new[] { "scans.*", "nothing" }, expires_at = _clock.GetUtcNow().AddDays(-1) },
            (await _server.SignInAsync("ada")).AccessToken);
        Assert.Equal(
            ["access.scope.beyond", "access.scope.unknown", "key.invalid", "key.invalid"],
            problem.GetProperty("reasons").EnumerateArray().Select(r => r.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task While_the_database_is_away_who_was_known_goes_on_and_nobody_new_comes_in()
    {
        await using var outage = await TestDatabase.CreateAsync();
        await using var server = await AccessServer.StartAsync(outage, _clock);
        await server.AddAsync("ada", "scientist");
        var (known, unseen) = (await server.SignInAsync("ada"), await server.SignInAsync("ada"));
        Assert.Equal(200, (await server.ScansAsync(known.AccessToken)).Status);
        await using var away = await outage.BeginOutageAsync(Cancel);
        server.Get<CallerDirectory>().Refresh();
        Assert.Equal(200, (await server.ScansAsync(known.AccessToken)).Status);
        Assert.Equal((503, "database.unreachable"), await server.ScansAsync(unseen.AccessToken));
    }

    [Fact]
    public void Every_role_has_what_the_lesser_ones_have_and_the_book_is_in_order()
    {
        Assert.Equal(PermissionBook.All.Select(p => p.Name).Order(StringComparer.Ordinal), PermissionBook.All.Select(p => p.Name));
        Assert.All(PermissionBook.All, p => Assert.Equal(p.Name, Permissions.Checked(p.Name)));
        Assert.All(
            PermissionBook.All.Where(p => p.Roles.Contains(UserRole.Viewer)), p => Assert.Equal(4, p.Roles.Count));
        Assert.All(
            PermissionBook.All.Where(p => p.Roles.Contains(UserRole.Scientist)), p => Assert.Contains(UserRole.Operator, p.Roles));
        Assert.False(PermissionBook.Of([], null).Include("scans.read"));
        Assert.True(PermissionBook.Of([UserRole.Administrator], null).Include("what.comes.later"));
        Assert.False(PermissionBook.Of([UserRole.Administrator], ["scans.*"]).Include("devices.read"));
        Assert.All(UserRoles.All, r => Assert.Equal(r, UserRoles.Find(r.Name)));
    }

    private static string? CodeOf((int Status, JsonElement Answer) answer) => answer.Answer.GetProperty("type").GetString();

    private async Task<string[]> NamesAsync() =>
        [.. (await _server.GetAsync("users", _admin)).Answer.EnumerateArray().Select(u => u.GetProperty("username").GetString()!)];
}
