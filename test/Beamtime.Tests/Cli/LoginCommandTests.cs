using System.Text.Json;
using Beamtime.Tests.Access;
using Beamtime.Tests.Roles;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Cli;

/// <summary>Coming in by the command line, as the account that runs the program and as somebody else.</summary>
public sealed class LoginCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("login");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Whoever_starts_the_program_is_signed_in_and_others_sign_in_by_password_or_key()
    {
        var site = RunningHost.WriteSite(
            _folder["site"], "samx: {deviceClass: simulated.positioner, enabled: true, readoutPriority: baseline}\n");
        await File.WriteAllTextAsync(_folder["password"], AccessServer.Password + "\n", Cancel);
        await using var program = await RunningProgram.UpAsync(site, _folder["data"], Cancel);
        var server = program.Ready["address"]!.GetValue<string>();
        Dictionary<string, string> own = new() { ["XDG_CONFIG_HOME"] = _folder["config"], ["BEAMTIME_SERVER"] = server };
        Assert.Equal("operator", await WhoAsync(own));

        var made = await RunningProgram.RunAsync(
            own, Cancel, "admin", "create-user", "--username", "ada", "--email", "ada@facility.org", "--role", "scientist", "--password-file",
            _folder["password"], "--site", site, "--data", _folder["data"]);
        Assert.True(made.Exit == 0, made.Error + made.Output);
        var login = await RunningProgram.RunAsync(own, Cancel, "login", "--username", "ada", "--password-file", _folder["password"]);
        Assert.True(login.Exit == 0, login.Error + login.Output);
        Assert.Equal("ada", await WhoAsync(own));
        var key = await RunningProgram.RunAsync(own, Cancel, "key", "create", "night watch", "--scope", "account.read", "--json");
        Assert.True(key.Exit == 0, key.Error + key.Output);
        var text = JsonDocument.Parse(key.Output).RootElement.GetProperty("text").GetString()!;

        var logout = await RunningProgram.RunAsync(own, Cancel, "logout");
        Assert.True(logout.Exit == 0, logout.Error + logout.Output);
        Assert.Equal("operator", await WhoAsync(own));
        Dictionary<string, string> byKey = new(own) { ["BEAMTIME_API_KEY"] = text };
        Assert.Equal("ada", await WhoAsync(byKey));
        var denied = await RunningProgram.RunAsync(byKey, Cancel, "status");
        Assert.Equal(3, denied.Exit);
        Assert.Contains("access.denied", denied.Error, StringComparison.Ordinal);

        var disabled = await RunningProgram.RunAsync(own, Cancel, "admin", "disable", "ada", "--site", site, "--data", _folder["data"]);
        Assert.True(disabled.Exit == 0, disabled.Error);
        var wrong = await RunningProgram.RunAsync(own, Cancel, "login", "--username", "ada", "--password-file", _folder["password"]);
        Assert.Equal(3, wrong.Exit);
        Assert.Contains("access.sign_in.disabled", wrong.Error, StringComparison.Ordinal);
    }

    private static async Task<string?> WhoAsync(IReadOnlyDictionary<string, string> variables)
    {
        var who = await RunningProgram.RunAsync(variables, Cancel, "whoami", "--json");
        Assert.True(who.Exit == 0, who.Error + who.Output);
        return JsonDocument.Parse(who.Output).RootElement.GetProperty("username").GetString();
    }
}
