using Beamtime.Cli;
using Beamtime.Tests.Access;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Cli;

/// <summary>The tokens of <c>beamtime login</c> in the user's folder.</summary>
public sealed class SavedSignInTests : IDisposable
{
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("sign-in");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Commands_at_the_same_time_exchange_a_refresh_token_once()
    {
        FakeClock clock = new();
        await using var database = await TestDatabase.CreateAsync();
        await using var server = await AccessServer.StartAsync(database, clock);
        await server.AddAsync("ada", "scientist");
        Uri address = new(server.Http.BaseAddress!, "/");
        SavedSignIn Saved() => new(_folder["sign-ins"], address, clock);
        var tokens = await server.SignInAsync("ada");
        Saved().Write(tokens);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Directory.GetFiles(_folder["sign-ins"]).Single()));
        Assert.Equal(tokens.AccessToken, await Saved().AccessTokenAsync(null, server.Http.SendAsync, Cancel));
        clock.Advance(TimeSpan.FromMinutes(10));
        var sent = 0;

        var all = Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(() => Saved().AccessTokenAsync(
            null,
            (request, cancel) =>
            {
                Interlocked.Increment(ref sent);
                return server.Http.SendAsync(request, cancel);
            },
            Cancel))));
        while (!all.IsCompleted)
        {
            // Those who wait for the lock look again by this clock.
            clock.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancel);
        }

        var given = await all;
        Assert.Equal(1, sent);
        Assert.NotEqual(tokens.AccessToken, Assert.Single(given.Distinct()));
        Assert.Equal(200, (await server.ScansAsync(given[0])).Status);
        Assert.Equal(200, (await server.RefreshAsync(Saved().Read()!.RefreshToken)).Status);
    }

    [Fact]
    public async Task A_sign_in_that_has_ended_is_forgotten()
    {
        FakeClock clock = new();
        await using var database = await TestDatabase.CreateAsync();
        await using var server = await AccessServer.StartAsync(database, clock);
        await server.AddAsync("ada", "scientist");
        SavedSignIn saved = new(_folder["sign-ins"], new Uri(server.Http.BaseAddress!, "/"), clock);
        var tokens = await server.SignInAsync("ada");
        saved.Write(tokens);
        await server.PostAsync("auth/logout", new { refresh_token = tokens.RefreshToken });
        var refused = await Assert.ThrowsAsync<ProblemException>(
            () => saved.AccessTokenAsync(tokens.AccessToken, server.Http.SendAsync, Cancel));
        Assert.Equal("access.token.ended", refused.Problem.Type);
        Assert.Null(saved.Read());
        await File.WriteAllTextAsync(Path.Combine(_folder["sign-ins"], "x.json"), "{", Cancel);
        Assert.Null(await saved.AccessTokenAsync(null, server.Http.SendAsync, Cancel));
    }
}
