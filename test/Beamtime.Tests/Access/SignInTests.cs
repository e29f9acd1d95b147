using System.Text.Json;
using Beamtime.Core.Access.SignIns;
using Beamtime.Core.Access.Users;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Access;

/// <summary>Two processes that serve one installation: tokens, their renewal, and what ends them.</summary>
public sealed class SignInTests : IAsyncLifetime
{
    private readonly FakeClock _clock = new();
    private BeamtimeDatabase _database = null!;
    private AccessServer _one = null!;
    private AccessServer _two = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        _one = await AccessServer.StartAsync(_database, _clock);
        _two = await AccessServer.StartAsync(_database, _clock);
        await _one.AddAsync("ada", "scientist");
    }

    public async ValueTask DisposeAsync()
    {
        await _one.DisposeAsync();
        await _two.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Each_process_accepts_the_tokens_of_the_other()
    {
        var byOne = await _one.SignInAsync("ada");
        var byTwo = await _two.SignInAsync("ADA");
        Assert.Equal(200, (await _two.ScansAsync(byOne.AccessToken)).Status);
        Assert.Equal(200, (await _one.ScansAsync(byTwo.AccessToken)).Status);
        Assert.Equal(200, (await _one.RefreshAsync(byTwo.RefreshToken)).Status);
        var (_, me) = await _two.GetAsync("auth/me", byOne.AccessToken);
        Assert.Equal("ada", me.GetProperty("username").GetString());
        Assert.Contains("scans.submit", me.GetProperty("permissions").EnumerateArray().Select(p => p.GetString()));
    }

    [Fact]
    public async Task A_stolen_refresh_token_that_is_used_again_ends_its_family()
    {
        var first = await _one.SignInAsync("ada");
        var other = await _one.SignInAsync("ada");
        var (_, second) = await _one.RefreshAsync(first.RefreshToken);
        var access = second.GetProperty("access_token").GetString()!;
        Assert.Equal(200, (await _two.ScansAsync(access)).Status);

        var (status, stolen) = await _two.RefreshAsync(first.RefreshToken);

        Assert.Equal((401, "access.token.reused"), (status, stolen.GetProperty("type").GetString()));
        Assert.Equal("access.token.ended", CodeOf(await _one.RefreshAsync(second.GetProperty("refresh_token").GetString()!)));
        Assert.Equal((401, "access.token.ended"), await _two.ScansAsync(access));
        await EventuallyAsync(async () => await _one.ScansAsync(access) == (401, "access.token.ended"));
        Assert.Equal(200, (await _one.ScansAsync(other.AccessToken)).Status);
        Assert.Contains("user.sign_in_ended", await _one.LedgerAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_many_who_use_one_refresh_token_at_once_one_gets_the_next_and_the_family_ends()
    {
        var tokens = await _one.SignInAsync("ada");
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(
            i => (i % 2 == 0 ? _one : _two).RefreshAsync(tokens.RefreshToken)));
        var won = Assert.Single(answers, a => a.Status == 200);
        Assert.All(answers.Where(a => a.Status != 200), a => Assert.Contains(CodeOf(a), new[] { "access.token.reused", "access.token.ended" }));
        Assert.Equal("access.token.ended", CodeOf(await _one.RefreshAsync(won.Answer.GetProperty("refresh_token").GetString()!)));
    }

    [Fact]
    public async Task Tokens_expire_and_are_renewed_until_the_sign_in_does()
    {
        var tokens = await _one.SignInAsync("ada");
        _clock.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal((401, "access.token.expired"), await _two.ScansAsync(tokens.AccessToken));
        for (var day = 0; day < 30; day += 6)
        {
            var (status, next) = await _two.RefreshAsync(tokens.RefreshToken);
            Assert.True(status == 200, $"day {day}: {next}");
            tokens = next.Deserialize<SignInTokens>(Beamtime.Cli.BeamtimeClient.Json)!;
            Assert.Equal(200, (await _one.ScansAsync(tokens.AccessToken)).Status);
            _clock.Advance(TimeSpan.FromDays(6));
        }

        Assert.Equal("access.token.expired", CodeOf(await _two.RefreshAsync(tokens.RefreshToken)));
        var idle = await _one.SignInAsync("ada");
        _clock.Advance(TimeSpan.FromDays(8));
        Assert.Equal("access.token.expired", CodeOf(await _one.RefreshAsync(idle.RefreshToken)));
    }

    [Fact]
    public async Task Signing_out_ends_every_token_of_the_sign_in_and_no_other()
    {
        var (tokens, other) = (await _one.SignInAsync("ada"), await _one.SignInAsync("ada"));
        Assert.Equal(204, (await _one.PostAsync("auth/logout", new { refresh_token = tokens.RefreshToken })).Status);
        Assert.Equal((401, "access.token.ended"), await _one.ScansAsync(tokens.AccessToken));
        await EventuallyAsync(async () => (await _two.ScansAsync(tokens.AccessToken)).Status == 401);
        Assert.Equal("access.token.ended", CodeOf(await _two.RefreshAsync(tokens.RefreshToken)));
        Assert.Equal(200, (await _two.ScansAsync(other.AccessToken)).Status);
        Assert.Equal(204, (await _one.PostAsync("auth/logout", new { refresh_token = "br_of_nobody" })).Status);
    }

    [Fact]
    public async Task A_disabled_user_other_roles_and_another_password_count_at_once()
    {
        var register = _one.Get<UserRegister>();
        var why = Why.BySystem("for a test", "test");
        var tokens = await _one.SignInAsync("ada");
        Assert.Equal(200, (await _two.ScansAsync(tokens.AccessToken, HttpMethod.Post)).Status);

        await register.SetRolesAsync("ada", ["viewer"], why, Cancel);
        Assert.Equal((403, "access.denied"), await _one.ScansAsync(tokens.AccessToken, HttpMethod.Post));
        await EventuallyAsync(async () => await _two.ScansAsync(tokens.AccessToken, HttpMethod.Post) == (403, "access.denied"));

        await register.SetDisabledAsync("ada", isDisabled: true, why, Cancel);
        Assert.Equal(401, (await _one.ScansAsync(tokens.AccessToken)).Status);
        await EventuallyAsync(async () => (await _two.ScansAsync(tokens.AccessToken)).Status == 401);
        Assert.Equal("access.sign_in.disabled", CodeOf(await _two.PostAsync("auth/login", new { username = "ada", password = AccessServer.Password })));

        await register.SetDisabledAsync("ada", isDisabled: false, why, Cancel);
        Assert.Equal("access.token.ended", (await _one.ScansAsync(tokens.AccessToken)).Code);
        tokens = await _one.SignInAsync("ada");
        await register.SetPasswordAsync("ada", "eight small bright stones", why, Cancel);
        Assert.Equal((401, "access.token.ended"), await _one.ScansAsync(tokens.AccessToken));
        Assert.Equal("access.sign_in.refused", CodeOf(await _one.PostAsync("auth/login", new { username = "ada", password = AccessServer.Password })));
    }

    [Fact]
    public async Task One_sets_ones_own_password_with_the_present_one()
    {
        var tokens = await _one.SignInAsync("ada");
        Assert.Equal("user.password.wrong", CodeOf(await _one.PostAsync(
            "auth/password", new { present = "wrong", password = "eight small bright stones" }, tokens.AccessToken)));
        Assert.Equal(204, (await _one.PostAsync(
            "auth/password", new { present = AccessServer.Password, password = "eight small bright stones" }, tokens.AccessToken)).Status);
        Assert.Equal(200, (await _two.PostAsync("auth/login", new { username = "ada", password = "eight small bright stones" })).Status);
    }

    [Fact]
    public async Task A_sign_in_can_be_narrowed_and_not_widened()
    {
        var tokens = await _one.SignInAsync("ada", "scans.read", "account.*");
        Assert.Equal(200, (await _one.ScansAsync(tokens.AccessToken)).Status);
        Assert.Equal((403, "access.denied"), await _one.ScansAsync(tokens.AccessToken, HttpMethod.Post));
        var (_, made) = await _one.PostAsync("keys", new { name = "wide" }, tokens.AccessToken);
        var key = made.GetProperty("text").GetString();
        Assert.Equal((403, "access.denied"), await _one.ScansAsync(key, HttpMethod.Post));
        Assert.Equal("access.scope.beyond", CodeOf(await _one.PostAsync("keys", new { name = "wide", scopes = new[] { "scans.submit" } }, tokens.AccessToken)));
        var (status, refused) = await _one.PostAsync(
            "auth/login", new { username = "ada", password = AccessServer.Password, scopes = new[] { "scans.raed", "users.manage" } });
        Assert.Equal(403, status);
        Assert.Equal(2, refused.GetProperty("reasons").GetArrayLength());
        Assert.Contains("scans.read", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_ledger_tells_who_came_in_and_who_was_refused_and_no_secret()
    {
        var tokens = await _one.SignInAsync("ada");
        await _one.PostAsync("auth/login", new { username = "ada", password = "wrong wrong wrong" });
        await _one.PostAsync("auth/login", new { username = "nobody.at-all", password = "wrong wrong wrong" });
        var (_, made) = await _one.PostAsync("keys", new { name = "night watch" }, tokens.AccessToken);
        await _one.PostAsync($"keys/{made.GetProperty("key").GetProperty("id").GetString()}/revoke", new { }, tokens.AccessToken);
        await _one.PostAsync("auth/logout", new { refresh_token = tokens.RefreshToken });

        var ledger = await _one.LedgerAsync();

        foreach (var type in new[]
        {
            "user.created", "user.signed_in", "user.sign_in_refused", "user nobody user.sign_in_refused", "user.key_created",
            "user.key_revoked", "user.sign_in_ended",
        })
        {
            Assert.Contains(type, ledger, StringComparison.Ordinal);
        }

        foreach (var secret in new[]
        {
            AccessServer.Password, "wrong", "nobody.at-all", "127.0.0.1", tokens.AccessToken, tokens.RefreshToken,
            made.GetProperty("text").GetString()!,
        })
        {
            Assert.DoesNotContain(secret, ledger, StringComparison.Ordinal);
        }

        await using var search = _database.Owner.CreateCommand(
            "select (select string_agg(t::text, ' ') from refresh_tokens t) || (select string_agg(k::text, ' ') from api_keys k) || (select string_agg(u::text, ' ') from users u)");
        var tables = (string)(await search.ExecuteScalarAsync(Cancel))!;
        Assert.DoesNotContain(tokens.RefreshToken[3..], tables, StringComparison.Ordinal);
        Assert.DoesNotContain(AccessServer.Password, tables, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Guessing_becomes_slow_and_stays_possible()
    {
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(401, (await _one.PostAsync("auth/login", new { username = "ada", password = $"wrong {i}" })).Status);
        }

        var (status, problem) = await _two.PostAsync("auth/login", new { username = "ada", password = AccessServer.Password });
        Assert.Equal((429, "access.sign_in.throttled"), (status, problem.GetProperty("type").GetString()));
        Assert.Equal("later", problem.GetProperty("retry").GetString());
        _clock.Advance(TimeSpan.FromSeconds(2));
        await _one.SignInAsync("ada");
        await _one.SignInAsync("ada");
    }

    [Fact]
    public async Task The_pause_doubles_to_a_bound_for_known_and_unknown_names_alike_and_spares_other_places()
    {
        var brake = _one.Get<SignInBrake>();
        List<TimeSpan> pauses = [];
        for (var i = 0; i < 40; i++)
        {
            var pause = await brake.TakeAsync("no.such.user", "10.0.0.1", Cancel);
            if (pause > TimeSpan.Zero)
            {
                pauses.Add(pause);
                _clock.Advance(pause);
            }
        }

        Assert.Equal([1, 2, 4, 8, 16], pauses.Take(5).Select(p => p.TotalSeconds));
        Assert.All(pauses, p => Assert.InRange(p, TimeSpan.Zero, TimeSpan.FromMinutes(15)));
        // By name alone no pause is longer than half a minute.
        Assert.InRange(await brake.TakeAsync("no.such.user", "10.0.0.2", Cancel), TimeSpan.Zero, TimeSpan.FromSeconds(30));
        Assert.Equal(TimeSpan.Zero, await brake.TakeAsync("another.user", "10.0.0.1", Cancel));
        _clock.Advance(SignInBrake.Memory);
        Assert.Equal(TimeSpan.Zero, await brake.TakeAsync("no.such.user", "10.0.0.1", Cancel));
    }

    [Fact]
    public async Task Tries_at_the_same_time_count_too()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(
            i => (i % 2 == 0 ? _one : _two).PostAsync("auth/login", new { username = "ada", password = $"wrong {i}" })));
        Assert.Equal(5, answers.Count(a => a.Status == 401));
        Assert.Equal(15, answers.Count(a => a.Status == 429));
    }

    [Fact]
    public async Task What_ended_long_ago_is_forgotten()
    {
        await _one.SignInAsync("ada");
        var store = _one.Get<SignInStore>();
        Assert.Equal(0, await store.PruneAsync(_clock.GetUtcNow(), _clock.GetUtcNow().AddHours(-1), Cancel));
        _clock.Advance(TimeSpan.FromDays(31));
        Assert.True(await store.PruneAsync(_clock.GetUtcNow(), _clock.GetUtcNow(), Cancel) >= 1);
        Assert.Empty(await store.ListAsync((await _one.Get<UserStore>().FindAsync(Username.Find("ada")!.Value, Cancel))!.Id, Cancel));
    }

    [Fact]
    public async Task A_token_of_another_installation_or_a_changed_one_opens_nothing()
    {
        await using var elsewhere = await TestDatabase.CreateAsync();
        await using var foreign = await AccessServer.StartAsync(
            elsewhere, _clock, "another key, as long as a master key must be");
        await foreign.AddAsync("ada", "administrator");
        var stranger = await foreign.SignInAsync("ada");
        var own = await _one.SignInAsync("ada");
        Assert.Equal((401, "access.token.invalid"), await _one.ScansAsync(stranger.AccessToken));
        Assert.Equal("access.token.invalid", CodeOf(await _one.RefreshAsync(stranger.RefreshToken)));
        foreach (var place in new[] { 0, 5, own.AccessToken.Length / 2, own.AccessToken.Length - 2 })
        {
            var letters = own.AccessToken.ToCharArray();
            letters[place] = letters[place] == 'A' ? 'B' : 'A';
            Assert.Equal((401, "access.token.invalid"), await _one.ScansAsync(new string(letters)));
        }

        foreach (var bad in new[]
        {
            own.AccessToken[..^4], own.AccessToken + "AAAA", own.RefreshToken, "", " ", "null", "..", "bl_", "bt_", "bt_abc", "bl_" + new string('a', 43),
            "bt_aaaaaaaaaa_" + new string('a', 43), "' or 1=1 --", new string('x', 5000),
        })
        {
            Assert.Equal(401, (await _one.ScansAsync(bad)).Status);
        }
    }

    [Theory]
    [InlineData("ada\0")]
    [InlineData("\0")]
    [InlineData("\u0430da")]
    [InlineData("ada'; drop table users; --")]
    [InlineData("ada\nroot")]
    [InlineData("")]
    [InlineData("ada\u200b")]
    public async Task A_strange_name_is_nobody(string username)
    {
        Assert.Equal((401, "access.sign_in.refused"), Both(await _one.PostAsync("auth/login", new { username, password = AccessServer.Password })));
        await _one.SignInAsync("ada");
    }

    [Fact]
    public async Task A_password_that_cannot_be_one_is_refused_like_any_other()
    {
        foreach (var password in new[] { "", "\0", new string('x', 100_000), "\ud800", "\u0000seven tall dark trees" })
        {
            var body = new StringContent(
                $$"""{"username": "ada", "password": {{JsonSerializer.Serialize(password)}}}""", System.Text.Encoding.UTF8, "application/json");
            var (status, answer) = await _one.SendAsync(HttpMethod.Post, "auth/login", null, body);
            Assert.True(status is 400 or 401 or 429, $"{status} {answer}");
        }
    }

    [Fact]
    public async Task Too_large_a_header_and_two_of_them_do_no_harm()
    {
        using HttpRequestMessage large = new(HttpMethod.Get, "scans");
        large.Headers.TryAddWithoutValidation("Authorization", "Bearer " + new string('x', 60_000));
        using var refused = await _one.Http.SendAsync(large, Cancel);
        Assert.Equal(431, (int)refused.StatusCode);
        using HttpRequestMessage basic = new(HttpMethod.Get, "scans");
        basic.Headers.TryAddWithoutValidation("Authorization", "Basic YWRhOmFkYQ==");
        using var not = await _one.Http.SendAsync(basic, Cancel);
        Assert.Equal(401, (int)not.StatusCode);
        Assert.Equal("Bearer", not.Headers.WwwAuthenticate.ToString());
    }

    private static string? CodeOf((int Status, JsonElement Answer) answer) => answer.Answer.GetProperty("type").GetString();

    private static (int, string?) Both((int Status, JsonElement Answer) answer) => (answer.Status, CodeOf(answer));

    private static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(30), "not yet");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancel);
        }
    }
}
